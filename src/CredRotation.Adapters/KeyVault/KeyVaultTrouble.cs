using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Azure;
using Azure.Identity;
using CredRotation.Engine;

namespace CredRotation.Adapters.KeyVault;

/// <summary>
/// Says what a vault's failure means, in words for people. Nothing of an answer's body is repeated but codes we know, and no
/// exception of the SDK is kept as inner one: its message quotes the body, which may echo a value.
/// </summary>
internal static class KeyVaultTrouble
{
    public const string ListRole = "Key Vault Reader";

    private const string SecretsRole = "Key Vault Secrets Officer";
    private const string Remote = "vault";
    private const int MessageMax = 300;
    private const int BodyMax = 64 * 1024;

    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(1);

    public static RemoteTroubleException Of(Exception exception, string host, string? secret, string verb, string role = SecretsRole) => exception switch
    {
        RequestFailedException { Status: > 0 } failed => Answered(failed, host, secret, verb, role),
        AggregateException { InnerException: { } inner } => Of(inner, host, secret, verb, role),
        AuthenticationFailedException => Trouble(RemoteTrouble.Unknown, host, secret, verb, "there was no token for it", "Check that the app's managed identity exists and answers"),
        OperationCanceledException => Trouble(RemoteTrouble.Unknown, host, secret, verb, "it did not answer in time", "It is tried again"),
        _ when IsNameUnknown(exception) => Trouble(RemoteTrouble.Unknown, host, secret, verb, "its host name does not resolve", "Check the vault's name, and whether the vault was deleted"),
        RequestFailedException or IOException or HttpRequestException => Trouble(RemoteTrouble.Unknown, host, secret, verb, "the connection failed", "Check the network, DNS and TLS between the app and the vault"),
        _ => Unreadable(host, secret, verb, exception.GetType().Name),
    };

    public static RemoteTroubleException Unreadable(string host, string? secret, string verb, string what)
        => Trouble(RemoteTrouble.Unknown, host, secret, verb, $"it answered in a way we cannot read ({what})", "It is tried again; check that the address is a Key Vault");

    public static RemoteTroubleException Endless(string host, string verb, int pages)
        => Trouble(RemoteTrouble.Unknown, host, null, verb, string.Create(CultureInfo.InvariantCulture, $"the list went on after {pages} pages"), "Split the vault, or check that the address is a Key Vault");

    private static RemoteTroubleException Answered(RequestFailedException failed, string host, string? secret, string verb, string role)
    {
        var response = failed.GetRawResponse();
        var (trouble, what, next) = Meaning(failed.Status, InnerCode(response), verb, role);
        return Trouble(trouble, host, secret, verb, what, next, RetryAfter(response));
    }

    private static (RemoteTrouble Trouble, string What, string Next) Meaning(int status, string? innerCode, string verb, string role) => (status, innerCode) switch
    {
        (400, _) => (RemoteTrouble.BadRequest, "it does not accept what was sent (400)", "Check name, tags and size against Key Vault's limits"),
        (401, _) => (RemoteTrouble.Denied, "it did not accept our token (401)", "Check that vault and identity are in the same tenant"),
        (403, "SECRETDISABLED") => (RemoteTrouble.Disabled, "this version is disabled (SecretDisabled)", "Enable it, or set a new version"),
        (403, "FORBIDDENBYFIREWALL") => (RemoteTrouble.Firewall, "its firewall does not let us in (ForbiddenByFirewall)", "Allow the app's network in the vault's networking"),
        (403, "FORBIDDENBYCONNECTION") => (RemoteTrouble.Firewall, "it takes private connections only (ForbiddenByConnection)", "Connect the app to its private endpoint"),
        (403, "FORBIDDENBYRBAC") => (RemoteTrouble.Denied, "no role allows it (ForbiddenByRbac)", $"Assign '{role}' to the app's identity"),
        (403, "ACCESSDENIED") => (RemoteTrouble.Denied, "no access policy allows it (AccessDenied)", $"Let the app's access policy {verb}"),
        (403, _) => (RemoteTrouble.Denied, "it is not allowed (403)", "Check the identity's role on the vault"),
        (404, _) => (RemoteTrouble.NotFound, "there is no such secret or version (404)", "Check whether it was deleted; a soft-deleted one can be recovered"),
        (409, "OBJECTISDELETEDBUTRECOVERABLE") => (RemoteTrouble.Deleted, "the name is soft-deleted (ObjectIsDeletedButRecoverable)", "Recover or purge it"),
        (409, "OBJECTISBEINGDELETED") => (RemoteTrouble.Deleted, "the secret is being deleted (ObjectIsBeingDeleted)", "Recover it when the delete is done"),
        (409, "OBJECTISBEINGRECOVERED") => (RemoteTrouble.Deleted, "the secret is being recovered (ObjectIsBeingRecovered)", "It is tried again"),
        (429, _) => (RemoteTrouble.Throttled, "it takes no more calls for now (429)", "It is tried again when the vault says so"),
        _ => (RemoteTrouble.Unknown, string.Create(CultureInfo.InvariantCulture, $"it answered HTTP {status}"), "It is tried again"),
    };

    // RequestFailedException.ErrorCode is the outer code, with which "disabled" and "not allowed" look the same.
    private static string? InnerCode(Response? response)
    {
        if (response?.ContentStream is not MemoryStream { Length: > 0 and <= BodyMax }) return null;
        try
        {
            using var document = JsonDocument.Parse(response.Content.ToMemory());
            return Member(Member(Member(document.RootElement, "error"), "innererror"), "code") is { ValueKind: JsonValueKind.String } code
                ? code.GetString()?.ToUpperInvariant()
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonElement? Member(JsonElement? parent, string name)
    {
        if (parent is not { ValueKind: JsonValueKind.Object } found) return null;
        foreach (var member in found.EnumerateObject())
            if (string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase)) return member.Value;
        return null;
    }

    public static TimeSpan? RetryAfter(Response? response)
    {
        if (response is null || !response.Headers.TryGetValue("Retry-After", out var text) || !RetryConditionHeaderValue.TryParse(text, out var header)) return null;

        // A date counts from the vault's own clock, which may not be ours.
        var after = header.Delta ?? header.Date - response.Headers.Date;
        return after is null || after < TimeSpan.Zero ? null : after > RetryAfterMax ? RetryAfterMax : after;
    }

    private static bool IsNameUnknown(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
            if (exception is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }) return true;
        return false;
    }

    private static RemoteTroubleException Trouble(RemoteTrouble trouble, string host, string? secret, string verb, string what, string next, TimeSpan? retryAfter = null)
    {
        // Cause and remedy are ours and short; names come last in the budget, since they may be long.
        var tail = $": {what}. {next}.";
        var head = secret is null ? $"Vault {host}: could not {verb}" : $"Vault {host}: could not {verb} secret {secret}";
        if (head.Length + tail.Length > MessageMax) head = string.Concat(head.AsSpan(0, MessageMax - tail.Length - 1), "…");
        return new RemoteTroubleException(Remote, trouble, head + tail, retryAfter);
    }
}
