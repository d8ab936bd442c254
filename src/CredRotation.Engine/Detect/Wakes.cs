using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect;

/// <summary>
/// Credentials that a sweep found due, put on the queue by time left however the vaults listed them. What a crash loses here, the next sweep
/// finds again.
/// </summary>
internal sealed class Wakes(IWorkQueue queue)
{
    /// <summary>More are sent in portions of this size, each in its own order.</summary>
    private const int PortionMax = 10_000;

    private readonly List<(CredentialId Credential, DateTimeOffset? End)> _due = [];

    public async Task AddAsync(CredentialId credential, DateTimeOffset? end, CancellationToken cancellationToken)
    {
        _due.Add((credential, end));
        if (_due.Count == PortionMax) await SendAsync(cancellationToken);
    }

    public async Task SendAsync(CancellationToken cancellationToken)
    {
        foreach (var (credential, _) in _due.OrderBy(due => due.End ?? DateTimeOffset.MaxValue)) await queue.SendAsync(credential, TimeSpan.Zero, cancellationToken);
        _due.Clear();
    }
}
