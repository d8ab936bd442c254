namespace CredRotation.Providers.Http.Requests;

/// <summary>A request was not made, so it had no effect. Never leaves this folder's builder.</summary>
/// <param name="reason">A short code of ours without any value, for example <c>missing.vault.management</c>.</param>
internal sealed class RequestRefusedException(string reason) : Exception($"The request was not sent: {reason}.")
{
    public string Reason { get; } = reason;
}
