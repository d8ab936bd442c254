using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Sandbox.World;

namespace CredRotation.Sandbox.Replay;

/// <summary>Tells a credential's ledger line by line as it grows, beside the payments taken so far.</summary>
internal sealed class Timeline(ICredentialRegistry registry, SandboxWorld world, CredentialId credential, TextWriter output)
{
    private long _told;

    public async Task TellAsync(CancellationToken cancellationToken)
    {
        if (await registry.FindAsync(credential, cancellationToken) is not { } row || row.Chain.Sequence <= _told) return;

        await foreach (var (entry, _) in registry.ReadLedgerAsync(credential, cancellationToken))
        {
            if (entry.Sequence <= _told) continue;
            _told = entry.Sequence;
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"  {entry.At:yyyy-MM-dd HH:mm:ss}  {entry.What,-14} {entry.Why}  [payments {world.Gateway.AttemptedPayments}, failed {world.Gateway.RefusedPayments}]"));
        }
    }

    public Task SayAsync(string text) => output.WriteLineAsync($"  {text}");
}
