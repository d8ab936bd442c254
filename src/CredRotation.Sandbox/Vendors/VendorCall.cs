using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Vendors;

/// <summary>One request at a vendor, with what its routes are written in: parts of the request, effects on the model, replies.</summary>
internal sealed class VendorCall(HttpContext context, VendorSurface surface, VendorModel model, TokenDesk tokens, string text, IReadOnlyDictionary<string, string> segments)
{
    private readonly JsonObject? _body = Parse(text);

    public VendorModel Model => model;

    public TokenDesk Tokens => tokens;

    public JsonObject Body => _body ?? [];

    public string Target => surface.Target;

    /// <summary>A varying segment of the path.</summary>
    public string this[string name] => segments[name];

    public string? Query(string name) => context.Request.Query[name].FirstOrDefault();

    public string? Header(string name) => context.Request.Headers[name].FirstOrDefault();

    public string? Form(string name)
        => context.Request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal) is true
            ? text.Split('&').Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2 && Uri.UnescapeDataString(pair[0]) == name).Select(pair => Uri.UnescapeDataString(pair[1].Replace('+', ' '))).FirstOrDefault()
            : null;

    public string? Bearer => FaultyWire.Bearer(context);

    /// <summary>The password of Basic, where the user is this one.</summary>
    public string? Password(string user) => Basic is { } pair && pair.User == user ? pair.Password : null;

    public (string User, string Password)? Basic
    {
        get
        {
            if (Header("Authorization") is not { } header || !header.StartsWith("Basic ", StringComparison.Ordinal)) return null;

            var bytes = new byte[header.Length];
            return Convert.TryFromBase64String(header["Basic ".Length..], bytes, out var length) && Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [var user, var password] ? (user, password) : null;
        }
    }

    public string Path => context.Request.Path.Value!;

    public string QueryText => context.Request.QueryString.Value!.TrimStart('?');

    public string Text => text;

    public Uri Address => new($"{context.Request.Scheme}://{context.Request.Host}/");

    public void Say(string header, string value) => context.Response.Headers[header] = value;

    /// <summary>A text member of the body by its path, such as <c>spec.owner.id</c>; null when it is not there, or no text.</summary>
    public string? At(string path) => Node(path) is JsonValue value && value.TryGetValue<string>(out var found) ? found : null;

    /// <summary>A whole number of the body; a number in quotation marks is none.</summary>
    public long? NumberAt(string path) => Node(path) is JsonValue value && value.TryGetValue<long>(out var found) ? found : null;

    public JsonNode? Node(string path) => path.Split('.').Aggregate((JsonNode?)_body, (node, name) => node is JsonObject at ? at[name] : null);

    public Reply Fail(int status, string code) => surface.Envelope(new RemoteError(status, code, null, code.Replace('_', ' ')));

    public JsonNode IdOf(VendorCredential credential) => surface.Id(Number(credential));

    /// <summary>A credential of the target by the id that the vendor writes.</summary>
    public VendorCredential? Find(string? id) => model.Credentials.FirstOrDefault(credential => credential.Target == surface.Target && IdOf(credential).ToString() == id);

    public Reply Issue(Func<VendorReceipt, JsonNode, JsonNode> body, int status, string marker = "", string token = "", DateTimeOffset? expiresOn = null, string? material = null)
    {
        if (Refusal() is { } refusal) return refusal;
        if (surface.Cap is { } cap && model.Alive(surface.Target).Count >= cap) return Fail(409, "quota");

        var order = new VendorOrder(surface.Target, marker, token, expiresOn ?? DateTimeOffset.MaxValue, null, material is null ? null : new SecretText(material));
        var answer = model.Issue("rotator", Management, order);
        return answer is { IsOk: true, Value: { Credential: { } made } receipt } ? new Reply(status, body(receipt, IdOf(made))) : surface.Envelope(answer.Error!);
    }

    /// <summary>Everything of the target that the vendor lists; ended ones only where it lists those.</summary>
    public Reply List(Func<IReadOnlyList<VendorCredential>, JsonNode> body, bool withEnded = false)
    {
        if (Refusal() is { } refusal) return refusal;
        if (withEnded) return new Reply(200, body([.. model.Credentials.Where(credential => credential.Target == surface.Target)]));

        var answer = model.List("rotator", Management, surface.Target);
        return answer.IsOk ? new Reply(200, body(answer.Value)) : surface.Envelope(answer.Error);
    }

    public Reply Retire(string id, int status, JsonNode? body = null, Func<Reply>? gone = null)
    {
        if (Refusal() is { } refusal) return refusal;
        if (Find(id) is not { } found) return gone?.Invoke() ?? Fail(404, "not_found");

        var answer = model.Retire("rotator", Management, surface.Target, found.Id);
        return answer.IsOk ? new Reply(status, body) : answer.Error.Status == 404 && gone is not null ? gone() : surface.Envelope(answer.Error);
    }

    public Reply Use(string? value, Func<VendorCredential, JsonNode, JsonNode?> body, int status = 200, Func<Reply>? refused = null)
    {
        if (value is { Length: > 0 } && model.Use("probe", new SecretText(value)) is { IsOk: true, Value: { } used }) return new Reply(status, body(used, IdOf(used)));
        return refused?.Invoke() ?? Fail(401, "unauthorized");
    }

    /// <summary>What the management credential may see.</summary>
    public Reply Look(Func<JsonNode> body) => Refusal() ?? (model.Look("rotator", Management, surface.Target) is { IsOk: true } ? new Reply(200, body()) : Fail(404, "not_found"));

    public Reply? Refusal() => Management.RevealToRemote() == model.ManagementValue.RevealToRemote() ? null : Fail(401, "unauthorized");

    public SecretText Management => surface.Manager(this) is { Length: > 0 } shown ? new SecretText(shown) : new SecretText("nothing was shown");

    /// <summary>Two to a page, so that there is more than one; a vendor may give fewer than were asked for.</summary>
    public static IReadOnlyList<T> Page<T>(IReadOnlyList<T> all, int from) => [.. all.Skip(from).Take(PageSize)];

    public const int PageSize = 2;

    public static int Number(VendorCredential credential) => int.Parse(credential.Id["cred-".Length..], CultureInfo.InvariantCulture);

    public static JsonArray Array(IEnumerable<JsonNode?> items) => [.. items];

    public static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static JsonObject? Parse(string text)
    {
        try
        {
            return text.StartsWith('{') ? JsonNode.Parse(text) as JsonObject : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}

/// <summary>Gives access tokens and knows for whom; a token dies with the secret it was made from.</summary>
internal sealed class TokenDesk
{
    private readonly Dictionary<string, string> _byToken = new(StringComparer.Ordinal);

    public string Give(string secret)
    {
        lock (_byToken)
        {
            var token = string.Create(CultureInfo.InvariantCulture, $"eyJ-access-token-{_byToken.Count + 1}");
            _byToken[token] = secret;
            return token;
        }
    }

    /// <summary>The secret that a token was made from.</summary>
    public string? SecretOf(string? token)
    {
        lock (_byToken) return token is null ? null : _byToken.GetValueOrDefault(token);
    }
}
