namespace CredRotation.Testing;

/// <summary>The refusals that real systems are known for, by name and in their own codes.</summary>
public static class KnownFaults
{
    /// <summary>The name is soft-deleted and can be recovered.</summary>
    public static Fault VaultSoftDeleted { get; } = new Fault.Refuse(409, "Conflict", "ObjectIsDeletedButRecoverable");

    public static Fault VaultBeingDeleted { get; } = new Fault.Refuse(409, "Conflict", "ObjectIsBeingDeleted");

    public static Fault VaultBeingRecovered { get; } = new Fault.Refuse(409, "Conflict", "ObjectIsBeingRecovered");

    /// <summary>A permission is missing for the whole call.</summary>
    public static Fault DirectoryForbidden { get; } = new Fault.Refuse(403, "Authorization_RequestDenied");

    /// <summary>The sender's mailbox is outside the app's scope.</summary>
    public static Fault MailForbidden { get; } = new Fault.Refuse(403, "ErrorAccessDenied");

    /// <summary>Too many calls; Key Vault documents no Retry-After, yet one may come.</summary>
    public static Fault VaultThrottled(TimeSpan? retryAfter = null) => new Fault.Refuse(429, "Throttled", RetryAfter: retryAfter);

    public static Fault DirectoryThrottled(TimeSpan retryAfter) => new Fault.Refuse(429, "TooManyRequests", RetryAfter: retryAfter);
}
