namespace CredRotation.Client;

/// <summary>
/// One version of the credential for the length of one call. While it is held, nobody is told that this instance has left that version.
/// Dispose it when the call's answer is there.
/// </summary>
public sealed class CredentialLease : IDisposable
{
    private readonly ReloadingCredential _owner;
    private readonly HeldVersion _held;
    private readonly HeldVersion? _refused;
    private int _isReturned;

    /// <param name="refused">The version that a remote has just refused for the same call.</param>
    internal CredentialLease(ReloadingCredential owner, HeldVersion held, HeldVersion? refused = null) => (_owner, _held, _refused) = (owner, held, refused);

    public string Version => _held.Version;

    /// <summary>Hands out the value. Only for the line that writes it into the call.</summary>
    public string RevealToRemote() => _held.Value;

    /// <summary>The remote accepted the value. The first time for a version this starts its acknowledgement.</summary>
    public void Succeeded() => _owner.Prove(_held, _refused);

    /// <summary>
    /// The remote refused the value. Answers a lease on the other version this instance still holds, for one more try of the same call, or
    /// null when there is none or this was that try. A version that is refused while it is current is reported, once its other was tried or
    /// there is none. A refusal is never reported as a success and moves nothing.
    /// </summary>
    public CredentialLease? Refused() => _owner.Refuse(_held, _refused);

    /// <summary>Returns the lease; more than once is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReturned, 1) == 0) _owner.Return(_held);
    }

    public override string ToString() => $"{_held.Version} ***";
}
