namespace CredRotation.Engine;

/// <summary>What kind of trouble a remote had, as far as it told.</summary>
public enum RemoteTrouble
{
    /// <summary>Time-out, dropped connection, 5xx, unreadable answer: the call may have happened.</summary>
    Unknown,

    /// <summary>429: the call did not happen.</summary>
    Throttled,

    /// <summary>401 or a role that does not allow it.</summary>
    Denied,

    /// <summary>A network rule stands between.</summary>
    Firewall,

    NotFound,

    /// <summary>The version is disabled (Key Vault inner code SecretDisabled), which is not a missing permission.</summary>
    Disabled,

    /// <summary>The name is soft-deleted or being deleted or recovered (409).</summary>
    Deleted,

    /// <summary>400: what we sent is not acceptable.</summary>
    BadRequest,
}

/// <summary>
/// A remote did not do, or may not have done, what was asked. The message is for people: what happened and at which remote, bounded,
/// without any value. Caught in one place, which asks <see cref="RetryPolicy"/>.
/// </summary>
public sealed class RemoteTroubleException : Exception
{
    public RemoteTroubleException(string remote, RemoteTrouble trouble, string message, TimeSpan? retryAfter = null, Exception? inner = null)
        : base(message, inner)
        => (Remote, Trouble, RetryAfter) = (remote, trouble, retryAfter);

    /// <summary>For example <c>vault</c>, <c>directory</c>, <c>ledger</c>.</summary>
    public string Remote { get; }

    public RemoteTrouble Trouble { get; }

    public TimeSpan? RetryAfter { get; }
}
