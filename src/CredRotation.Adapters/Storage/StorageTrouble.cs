using Azure;
using Azure.Identity;
using CredRotation.Engine;

namespace CredRotation.Adapters.Storage;

/// <summary>Says what a storage account's failure means, in words for people. Nothing of an answer's body is repeated.</summary>
internal static class StorageTrouble
{
    private const string Remote = "ledger";
    private const string StillWorks = "No rotation moves meanwhile, nothing is lost, and every credential in use keeps working.";

    public static bool IsOf(Exception failure) => failure is RequestFailedException or AuthenticationFailedException or IOException or HttpRequestException or AggregateException;

    /// <param name="service"><c>tables</c> or <c>queues</c>.</param>
    /// <param name="role">The role that the call needs.</param>
    public static RemoteTroubleException Of(Exception failure, string account, string service, string role)
    {
        var (trouble, what, next) = failure switch
        {
            AggregateException { InnerException: { } inner } when IsOf(inner) => Meaning(inner, role),
            _ => Meaning(failure, role),
        };
        // No inner exception: the SDK's message quotes the answer's body and headers.
        return new RemoteTroubleException(Remote, trouble, $"Storage account {account}, {service}: {what}. {StillWorks} {next}.");
    }

    private static (RemoteTrouble Trouble, string What, string Next) Meaning(Exception failure, string role) => failure switch
    {
        RequestFailedException { Status: 401 } => (RemoteTrouble.Denied, "it did not accept our token (401)", "Check that account and identity are in the same tenant"),
        RequestFailedException { Status: 403, ErrorCode: "AuthorizationFailure" } => (RemoteTrouble.Firewall, "its network rules or shared-key setting do not let us in (403 AuthorizationFailure)", "Allow the app's network in the account's networking"),
        RequestFailedException { Status: 403 } => (RemoteTrouble.Denied, "no role allows it (403)", $"Assign '{role}' on the account to the app's identity; a new role takes minutes"),
        RequestFailedException { Status: 404 } => (RemoteTrouble.NotFound, "what was asked for is not there (404)", "Check that the account was not replaced; tables and queues are made again by themselves"),
        RequestFailedException { Status: 400 or 413 } failed => (RemoteTrouble.BadRequest, $"it does not accept what was sent ({Code(failed)})", "This is a fault of CredRotation: report it with this line"),
        RequestFailedException { Status: 429 or 503 } => (RemoteTrouble.Throttled, "it takes no more calls for now", "It is tried again"),
        RequestFailedException { Status: > 0 } failed => (RemoteTrouble.Unknown, $"it answered {Code(failed)}", "It is tried again"),
        AuthenticationFailedException => (RemoteTrouble.Unknown, "there was no token for it", "Check that the app's managed identity exists and answers"),
        _ => (RemoteTrouble.Unknown, "the connection failed", "Check the account's name, DNS and network"),
    };

    // The service's own word, if it is one.
    private static string Code(RequestFailedException failed)
        => failed.ErrorCode is { Length: > 0 and <= 60 } code && code.All(char.IsAsciiLetter) ? $"{failed.Status} {code}" : $"HTTP {failed.Status}";
}
