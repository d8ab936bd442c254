namespace CredRotation.Client;

/// <summary>
/// One version of the credential for the length of one call. While it is held, nobody is told that this instance has left that version.
/// Dispose it when the call's answer is there.
/// </summary>
public sealed class CredentialLease : IDisposable
{
    private readonly ReloadingCredential _owner;
    private readonly HeldVersion _held;
    private int _isReturned;

    internal CredentialLease(ReloadingCredential owner, HeldVersion held) => (_owner, _held) = (owner, held);

    public string Version => _held.Version;

    /// <summary>Hands out the value. Only for the line that writes it into the call.</summary>
    public string RevealToRemote() => _held.Value;

    /// <summary>The remote accepted the value. The first time for a version this starts its acknowledgement.</summary>
    public void Succeeded() => _owner.Prove(_held);

    /// <summary>
    /// The remote refused the value. Answers a lease on the other version this instance still holds, for one more try of the same call,
    /// or null when there is none. A refusal is never reported as a success and moves nothing.
    /// </summary>
    public CredentialLease? Refused() => _owner.AcquireOther(_held);

    /// <summary>Returns the lease; more than once is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReturned, 1) == 0) _owner.Return(_held);
    }

    public override string ToString() => $"{_held.Version} ***";
}
