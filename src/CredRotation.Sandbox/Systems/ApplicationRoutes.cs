using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>The part of Microsoft Graph v1.0 that reads app registrations and adds and removes their secrets, in front of one model.</summary>
internal sealed partial class ApplicationRoutes(ApplicationModel model, Func<RemoteError, Reply> error, Func<Uri> address)
{
    private const int DefaultPage = 100;

    /// <summary>Null: no path of this part.</summary>
    public (string Operation, Func<Reply> Effect)? Route(string method, IReadOnlyList<string> parts, IQueryCollection query, JsonObject? body)
    {
        if (parts is not ["v1.0", var set, ..]) return null;
        if (set == "applications" && parts.Count == 2 && method is "GET") return ("applications", () => List(query));
        if (AlternateKey().Match(set) is not { Success: true } key) return null;

        var appId = key.Groups["id"].Value;
        return (method, parts.Count == 3 ? parts[2] : null) switch
        {
            ("GET", null) when parts.Count == 2 => ("application", () => Reply(model.Read(appId), passwords => Describe(model.Apps.First(app => IsOf(app, appId)), passwords))),
            ("POST", "addPassword") => ("addPassword", () => Reply(model.AddPassword(appId, Text(body?["passwordCredential"], "displayName"), Instant(Text(body?["passwordCredential"], "endDateTime"))), made =>
            {
                var described = Describe(made);
                described["secretText"] = made.Value.RevealToRemote();
                return described;
            })),
            ("POST", "removePassword") => ("removePassword", () => Guid.TryParse(Text(body, "keyId"), out var keyId) && model.RemovePassword(appId, keyId) is var answer ? answer.IsOk ? new Reply(204) : error(answer.Error) : error(new RemoteError(400, "Request_BadRequest", null, "Invalid keyId."))),
            _ => null,
        };
    }

    private Reply List(IQueryCollection query)
    {
        if (!model.MayReadAll) return error(new RemoteError(403, "Authorization_RequestDenied", null, "Insufficient privileges to complete the operation."));
        var (start, top) = (Number(query["$skiptoken"]) ?? 0, Number(query["$top"]) ?? DefaultPage);
        if (top is < 1 or > DirectoryModel.LargestPage) return error(new RemoteError(400, "Request_BadRequest", null, "Invalid page size specified: must be between 1 and 999 inclusive."));
        var apps = model.Apps;
        var body = new JsonObject { ["@odata.context"] = $"{address()}/$metadata#applications" };
        if (start + top < apps.Count)
            body["@odata.nextLink"] = string.Create(CultureInfo.InvariantCulture, $"{address()}/applications?$select=id,appId,displayName,passwordCredentials,keyCredentials&$top={top}&$skiptoken={start + top}");
        body["value"] = new JsonArray([.. apps.Skip(start).Take(top).Select(app => (JsonNode)Describe(app, model.ListedOf(app)))]);
        return new Reply(200, body);
    }

    private Reply Reply<T>(Answer<T> answer, Func<T, JsonObject> body) => answer.IsOk ? new Reply(200, body(answer.Value)) : error(answer.Error);

    private static JsonObject Describe(AppRegistration app, IReadOnlyList<AppPassword> passwords) => new()
    {
        ["id"] = app.ObjectId,
        ["appId"] = app.AppId,
        ["displayName"] = app.Name,
        ["passwordCredentials"] = new JsonArray([.. passwords.Select(password => (JsonNode)Describe(password))]),
        ["keyCredentials"] = new JsonArray([.. app.Certificates.Select(certificate => (JsonNode)new JsonObject
        {
            ["keyId"] = certificate.KeyId.ToString(),
            ["displayName"] = certificate.DisplayName,
            ["startDateTime"] = Text(certificate.StartOn),
            ["endDateTime"] = Text(certificate.EndOn),
            ["type"] = "AsymmetricX509Cert",
            ["usage"] = "Verify",
            ["key"] = null,
        })]),
    };

    private static JsonObject Describe(AppPassword password) => new()
    {
        ["customKeyIdentifier"] = null,
        ["displayName"] = password.DisplayName,
        ["endDateTime"] = Text(password.EndOn),
        ["hint"] = password.HasHint ? password.Value.RevealToRemote()[..3] : null,
        ["keyId"] = password.KeyId.ToString(),
        ["secretText"] = null,
        ["startDateTime"] = Text(password.StartOn),
    };

    private static bool IsOf(AppRegistration app, string appId) => string.Equals(app.AppId, appId, StringComparison.OrdinalIgnoreCase);

    private static string Text(DateTimeOffset instant) => instant.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);

    private static string? Text(JsonNode? parent, string member) => (parent as JsonObject)?[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static DateTimeOffset? Instant(string? text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant : null;

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex(@"\Aapplications\(appId='(?<id>[0-9A-Fa-f-]{36})'\)\z", RegexOptions.CultureInvariant)]
    private static partial Regex AlternateKey();
}
