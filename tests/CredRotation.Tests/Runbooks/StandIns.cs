using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CredRotation.Tests.Runbooks;

/// <summary>What a stand-in of Invoke-WebRequest answers: the members that the real one's answer has.</summary>
public sealed record WebAnswer(int StatusCode, object Content);

/// <summary>Real HTTP, with the real cmdlet's names and refusals: no token over an open wire, an error for a status unless told otherwise, addresses and headers in its own verbose and debug lines.</summary>
[Cmdlet("Invoke", "WebRequest")]
public sealed class InvokeWebRequestStandIn : PSCmdlet
{
    /// <summary>The session's variable that holds the transport, which trusts the sandbox.</summary>
    public const string Transport = "StandInTransport";

    [Parameter(Mandatory = true, Position = 0)]
    public Uri Uri { get; set; } = null!;

    [Parameter]
    public string Method { get; set; } = "GET";

    [Parameter]
    public IDictionary? Headers { get; set; }

    [Parameter]
    public object? Body { get; set; }

    [Parameter]
    public string? ContentType { get; set; }

    [Parameter]
    [ValidateSet("None", "Basic", "Bearer", "OAuth")]
    public string Authentication { get; set; } = "None";

    [Parameter]
    public SecureString? Token { get; set; }

    [Parameter]
    public SwitchParameter AllowUnencryptedAuthentication { get; set; }

    [Parameter]
    public SwitchParameter SkipHttpErrorCheck { get; set; }

    [Parameter]
    public SwitchParameter NoProxy { get; set; }

    [Parameter]
    public int MaximumRedirection { get; set; } = -1;

    [Parameter]
    public int TimeoutSec { get; set; }

    protected override void ProcessRecord()
    {
        if (Authentication != "None" && Uri.Scheme != "https" && !AllowUnencryptedAuthentication) Stop("AllowUnencryptedAuthenticationRequired", new InvalidOperationException("The cmdlet cannot protect plain text secrets sent over unencrypted connections."));
        if (Authentication == "Bearer" && Token is null) Stop("AuthenticationTokenNotSupplied", new InvalidOperationException("The Token parameter is required."));

        using var request = new HttpRequestMessage(new HttpMethod(Method), Uri);
        foreach (DictionaryEntry header in Headers ?? new Hashtable()) request.Headers.TryAddWithoutValidation((string)header.Key, (string?)header.Value);
        if (Token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Marshal.PtrToStringUni(Marshal.SecureStringToGlobalAllocUnicode(Token)));
        if (Body is not null)
        {
            request.Content = Body is byte[] bytes ? new ByteArrayContent(bytes) : new StringContent((string)Body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType ?? "application/x-www-form-urlencoded");
        }

        WriteVerbose($"Requested HTTP/1.1 {Method} {Uri}");
        WriteDebug($"{request.Headers}");
        WriteObject(Send(request));
    }

    private WebAnswer Send(HttpRequestMessage request)
    {
        var transport = (HttpClient)SessionState.PSVariable.GetValue(Transport);
        try
        {
            using var answer = transport.Send(request, HttpCompletionOption.ResponseContentRead, PipelineStopToken);
            using var reader = new MemoryStream();
            answer.Content.ReadAsStream(PipelineStopToken).CopyTo(reader);
            if ((int)answer.StatusCode is >= 300 and < 400 && MaximumRedirection == 0) Stop("MaximumRedirectExceeded", new InvalidOperationException("The maximum redirection count has been exceeded."));
            if (!answer.IsSuccessStatusCode && !SkipHttpErrorCheck) Stop("WebCmdletWebResponseException", new HttpRequestException($"Response status code does not indicate success: {(int)answer.StatusCode}.", null, answer.StatusCode));
            // What the real one does not know to be text, it hands out as bytes.
            var isText = answer.Content.Headers.ContentType?.MediaType is { } type && (type.StartsWith("text/", StringComparison.Ordinal) || type == "application/json");
            return new WebAnswer((int)answer.StatusCode, isText ? Encoding.UTF8.GetString(reader.ToArray()) : reader.ToArray());
        }
        catch (HttpRequestException unanswered) when (unanswered.StatusCode is null)
        {
            Stop("WebCmdletWebResponseException", unanswered);
            throw;
        }
    }

    private void Stop(string id, Exception why) => ThrowTerminatingError(new ErrorRecord(why, id, ErrorCategory.InvalidOperation, Uri));
}

/// <summary>As the real one: texts that look like instants become dates, numbers long or double, objects and arrays the script's own.</summary>
[Cmdlet("ConvertFrom", "Json")]
public sealed partial class ConvertFromJsonStandIn : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string InputObject { get; set; } = "";

    protected override void ProcessRecord()
    {
        try
        {
            using var document = JsonDocument.Parse(InputObject);
            WriteObject(Read(document.RootElement), enumerateCollection: true);
        }
        catch (JsonException unreadable)
        {
            ThrowTerminatingError(new ErrorRecord(new ArgumentException("Conversion from JSON failed.", unreadable), "JsonStringInBadFormat", ErrorCategory.InvalidArgument, null));
        }
    }

    private static object? Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => ReadObject(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Read).ToArray(),
        JsonValueKind.Number => element.TryGetInt64(out var number) ? number : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => Instant().IsMatch(element.GetString()!) ? DateTime.Parse(element.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind) : element.GetString(),
        _ => null,
    };

    private static PSObject ReadObject(JsonElement element)
    {
        var made = new PSObject();
        foreach (var member in element.EnumerateObject()) made.Properties.Add(new PSNoteProperty(member.Name, Read(member.Value)));
        return made;
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$")]
    private static partial Regex Instant();
}

/// <summary>As the real one: deeper than -Depth, an object is only named.</summary>
[Cmdlet("ConvertTo", "Json")]
public sealed class ConvertToJsonStandIn : PSCmdlet
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions s_compressed = new(s_indented) { WriteIndented = false };

    [Parameter(Mandatory = true, Position = 0)]
    [AllowNull]
    public object? InputObject { get; set; }

    [Parameter]
    public int Depth { get; set; } = 2;

    [Parameter]
    public SwitchParameter Compress { get; set; }

    protected override void ProcessRecord()
        => WriteObject(JsonSerializer.Serialize(Plain(InputObject, Depth), Compress ? s_compressed : s_indented));

    private static object? Plain(object? value, int left) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => null,
        string or bool or int or long or double => value is PSObject known ? known.BaseObject : value,
        Uri address => address.OriginalString,
        IDictionary map => left < 0 ? map.ToString() : map.Keys.Cast<object>().ToDictionary(key => key.ToString()!, key => Plain(map[key], left - 1)),
        IEnumerable list => left < 0 ? list.ToString() : list.Cast<object?>().Select(item => Plain(item, left - 1)).ToArray(),
        var other => other.ToString(),
    };
}

[Cmdlet("Write", "Output")]
public sealed class WriteOutputStandIn : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowNull]
    public object? InputObject { get; set; }

    protected override void ProcessRecord() => WriteObject(InputObject, enumerateCollection: true);
}

[Cmdlet("Write", "Warning")]
public sealed class WriteWarningStandIn : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public string Message { get; set; } = "";

    protected override void ProcessRecord() => WriteWarning(Message);
}

[Cmdlet("Sort", "Object")]
public sealed class SortObjectStandIn : PSCmdlet
{
    private readonly List<PSObject> _all = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Mandatory = true, Position = 0)]
    public string Property { get; set; } = "";

    protected override void ProcessRecord()
    {
        if (InputObject is not null) _all.Add(InputObject);
    }

    protected override void EndProcessing() => WriteObject(_all.OrderBy(one => one.Properties[Property].Value, Comparer<object>.Create((one, other) => LanguagePrimitives.Compare(one, other))), enumerateCollection: true);
}

[Cmdlet("Select", "Object")]
public sealed class SelectObjectStandIn : PSCmdlet
{
    private int _seen;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Mandatory = true)]
    public int First { get; set; }

    protected override void ProcessRecord()
    {
        if (_seen++ < First) WriteObject(InputObject);
    }
}

/// <summary>Waits for nothing: what a test wants to know is that it was asked to.</summary>
[Cmdlet("Start", "Sleep")]
public sealed class StartSleepStandIn : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateRange(0, int.MaxValue)]
    public int Seconds { get; set; }

    protected override void ProcessRecord() => WriteVerbose($"slept {Seconds}");
}
