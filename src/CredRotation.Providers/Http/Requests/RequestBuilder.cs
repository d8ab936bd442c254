using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Requests;

/// <summary>Makes the one request that a template and its values stand for, or refuses it before anything is sent.</summary>
internal static class RequestBuilder
{
    private const string JsonMediaType = "application/json";

    /// <summary>Exactly one of the two is null; the refusal is a short code of ours.</summary>
    /// <param name="address">Another address than the file's, which a page named as the next.</param>
    public static (HttpRequestMessage? Request, string? Refusal) Build(Operation operation, TemplateValues values, AllowedHosts hosts, Uri? address = null)
    {
        try
        {
            return (Make(operation, values, address ?? Address(operation.Request.Url, values, hosts.For(values.Parameters))), null);
        }
        catch (RequestRefusedException refused)
        {
            return (null, $"not-sent.{refused.Reason}");
        }
    }

    /// <summary>Where a request goes; only after one was built from the same values.</summary>
    public static Uri AddressOf(Operation operation, TemplateValues values, AllowedHosts hosts) => Address(operation.Request.Url, values, hosts.For(values.Parameters));

    /// <summary>A JSON value as text, every place filled.</summary>
    public static string Text(JsonTemplate json, TemplateValues values) => Encoding.UTF8.GetString(Bytes(json, values));

    private static HttpRequestMessage Make(Operation operation, TemplateValues values, Uri address)
    {
        var request = new HttpRequestMessage(operation.Request.Method, address) { Content = Content(operation.Request, values) };

        foreach (var header in operation.Auth.Headers.Concat(operation.Request.Headers))
            request.Headers.TryAddWithoutValidation(header.Name, Sendable(header.Name, header.Value.Expand(values)));
        if (operation.Auth is { User: { } user, Password: { } password })
            request.Headers.Authorization = Basic(user.Expand(values), password.Expand(values));
        if (values.Token is { } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Sendable("Authorization", token.RevealToRemote()));
        if (request.Headers.Accept.Count == 0) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(JsonMediaType));
        if (operation.Auth.Signed is { } signed)
            signed.Signer.Sign(request, Bytes(request.Content), signed.Values.ToDictionary(value => value.Key, value => Sendable(value.Key, value.Value.Expand(values))), values.Now ?? throw new RequestRefusedException("missing.now"));
        return request;
    }

    private static byte[] Bytes(HttpContent? content)
    {
        if (content is null) return [];

        using var buffer = new MemoryStream();
        content.CopyTo(buffer, null, CancellationToken.None);
        return buffer.ToArray();
    }

    private static Uri Address(Template template, TemplateValues values, AllowedHosts hosts)
    {
        var text = template.Expand(values, Encode);

        // Uri resolves dot segments and re-encodes. If it changed anything, the request would not go where the file says.
        if (text.Split('?')[0].Split('/').Any(IsDotSegment)
            || !Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || !string.Equals(uri.AbsoluteUri, text, StringComparison.Ordinal))
            throw new RequestRefusedException("address-is-not-plain");

        return hosts.Allow(uri) ? uri : throw new RequestRefusedException("host-not-allowed");
    }

    private static string Encode(Placeholder placeholder, string value)
    {
        if (value.Length == 0) throw new RequestRefusedException("empty-value-in-address");

        // The base address was checked with the account; everything else stays within its segment.
        if (placeholder.Source is Source.BaseAddress) return BaseAddress.Parse(value)?.AbsoluteUri.TrimEnd('/') ?? throw new RequestRefusedException("base-address");

        if (placeholder.Filter is not Filter.Raw) return Uri.EscapeDataString(value);

        return value.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or '~' or '/')
            ? value
            : throw new RequestRefusedException("raw-value-not-plain");
    }

    private static bool IsDotSegment(string segment) => segment is "." or "..";

    private static AuthenticationHeaderValue Basic(string user, string password)
        => user.Contains(':', StringComparison.Ordinal)
            ? throw new RequestRefusedException("basic-user-holds-colon")
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    // A line break would let a value write headers of its own.
    private static string Sendable(string header, string value)
        => value.Length > 0 && value.All(character => character is >= ' ' and <= '~')
            ? value
            : throw new RequestRefusedException($"header-not-plain.{header}");

    private static ByteArrayContent? Content(RequestTemplate request, TemplateValues values) => request.Body switch
    {
        BodyTemplate.Form form => new FormUrlEncodedContent(form.Fields.Select(field => KeyValuePair.Create(field.Key, field.Value.Expand(values)))),
        BodyTemplate.Json json => Json(json, values),
        // SocketsHttpHandler sends a request again, up to three times, when the connection closes before an answer and no content was
        // begun: each would issue another key. With content, though empty, it never does. A repeated read is harmless.
        _ => request.Method == HttpMethod.Get ? null : new ByteArrayContent([]),
    };

    private static ByteArrayContent Json(BodyTemplate.Json json, TemplateValues values)
    {
        var content = new ByteArrayContent(Bytes(json.Value, values));
        content.Headers.ContentType = new MediaTypeHeaderValue(json.ContentType ?? JsonMediaType);
        return content;
    }

    private static byte[] Bytes(JsonTemplate json, TemplateValues values)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer)) Write(writer, json, values);
        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, JsonTemplate json, TemplateValues values)
    {
        switch (json)
        {
            case JsonTemplate.Text { Value.Only.IsNumber: true } number:
                writer.WriteRawValue(number.Value.Expand(values));
                break;
            case JsonTemplate.Text { Value.Only: { Filter: Filter.Json } whole }:
                writer.WriteRawValue(values.Find(whole));
                break;
            case JsonTemplate.Text { Value.Only: { Filter: Filter.List } list }:
                writer.WriteStartArray();
                foreach (var item in ParameterDeclaration.Items(values.Find(list))) writer.WriteStringValue(item);
                writer.WriteEndArray();
                break;
            case JsonTemplate.Text text:
                writer.WriteStringValue(text.Value.Expand(values));
                break;
            case JsonTemplate.Constant constant:
                constant.Value.WriteTo(writer);
                break;
            case JsonTemplate.Items items:
                writer.WriteStartArray();
                foreach (var item in items.Values) Write(writer, item, values);
                writer.WriteEndArray();
                break;
            case JsonTemplate.Members members:
                writer.WriteStartObject();
                foreach (var (name, value) in members.Values)
                {
                    writer.WritePropertyName(name);
                    Write(writer, value, values);
                }

                writer.WriteEndObject();
                break;
        }
    }
}
