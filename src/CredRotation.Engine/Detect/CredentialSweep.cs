using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Health;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Evidence;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Detect;

/// <summary>What a sweep found.</summary>
public sealed record SweepResult(int Vaults, int Secrets, int Adopted, int Woken, int Findings, IReadOnlyList<string> UnreadVaults);

/// <summary>
/// The truth that events are hints of: pages through every configured vault, properties only, adopts what tags ask for within what
/// configuration grants, wakes what is due or was changed, and remembers what a person should know of every secret, key and certificate.
/// </summary>
public sealed partial class CredentialSweep
{
    private readonly IVaultInventory _inventory;
    private readonly IAppRegistrations? _apps;
    private readonly SecretLook _look;
    private readonly CredentialRegistry _registry;
    private readonly ObjectWatch _watch;
    private readonly IWorkQueue _queue;
    private readonly Heartbeats _heartbeats;
    private readonly ChainAnchors _anchors;
    private readonly RotationOptions _options;
    private readonly ILogger<CredentialSweep> _logger;

    internal CredentialSweep(IVaultInventory inventory, IAppRegistrations? apps, SecretLook look, CredentialRegistry registry, ObjectWatch watch, IWorkQueue queue, Heartbeats heartbeats, ChainAnchors anchors, IOptions<RotationOptions> options, ILogger<CredentialSweep> logger)
    {
        (_inventory, _apps, _look, _registry, _watch, _queue, _heartbeats) = (inventory, apps, look, registry, watch, queue, heartbeats);
        (_anchors, _options, _logger) = (anchors, options.Value, logger);
    }

    public async Task<SweepResult> RunAsync(CancellationToken cancellationToken)
    {
        await _heartbeats.StartAsync(Heartbeats.Sweep, cancellationToken);
        try
        {
            var result = await SweepAsync(cancellationToken);
            await _heartbeats.SucceedAsync(Heartbeats.Sweep, cancellationToken);
            await _anchors.TakeAsync(cancellationToken);
            LogSwept(_logger, result.Vaults, result.Secrets, result.Adopted, result.Woken, result.Findings);
            return result;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            await _heartbeats.FailAsync(Heartbeats.Sweep, failure.GetType().Name, cancellationToken);
            throw;
        }
    }

    /// <summary>Looks at one secret that an event or a person named.</summary>
    /// <param name="source">Who said so, for what changed.</param>
    /// <returns>False when it is not managed and does not ask to be.</returns>
    public async Task<bool> LookAtAsync(SecretName secret, string source, CancellationToken cancellationToken)
    {
        if (await _look.RunAsync(secret, source, cancellationToken) is not { } looked) return false;

        await _watch.SeeAsync(looked, cancellationToken);
        return looked.Result is not LookResult.Nothing;
    }

    private async Task<SweepResult> SweepAsync(CancellationToken cancellationToken)
    {
        var pass = new Pass(await _watch.BeginAsync(cancellationToken), await _registry.ListIdsAsync(cancellationToken), new Wakes(_queue), new Tally());
        try
        {
            foreach (var vault in _options.Vaults)
            {
                foreach (var kind in Enum.GetValues<VaultObjectKind>()) await SweepAsync(vault, kind, pass, cancellationToken);
            }

            if (_options.WatchAppRegistrations && _apps is not null) await SweepAsync(_apps, pass.Round, cancellationToken);
        }
        finally
        {
            // What was found due is not lost with the rest of a sweep that breaks off.
            await pass.Wakes.SendAsync(cancellationToken);
        }

        await pass.Round.CloseAsync(cancellationToken);
        var tally = pass.Tally;
        return new SweepResult(_options.Vaults.Count, tally.Secrets, tally.Adopted, tally.Woken, pass.Round.Findings, tally.UnreadVaults);
    }

    private async Task SweepAsync(Uri vault, VaultObjectKind kind, Pass pass, CancellationToken cancellationToken)
    {
        var host = SecretName.HostOf(vault);
        var isSecrets = kind is VaultObjectKind.Secret;
        if (isSecrets) await _heartbeats.StartAsync(Heartbeats.OfVault(host), cancellationToken);
        try
        {
            var objects = new WatchedList();
            await foreach (var seen in _inventory.ListAsync(vault, kind, cancellationToken))
            {
                objects.Add(seen);
                if (!isSecrets) await pass.Round.SeeAsync(seen, null, cancellationToken);
                else await SeeSecretAsync(seen, pass, cancellationToken);
            }

            await pass.Round.WasReadAsync(host, kind, objects, cancellationToken);
            if (isSecrets) await _heartbeats.SucceedAsync(Heartbeats.OfVault(host), cancellationToken);
        }
        catch (RemoteTroubleException trouble)
        {
            // One list that cannot be read must not hide the others.
            await pass.Round.CouldNotReadAsync(host, kind, trouble, cancellationToken);
            LogUnread(_logger, host, kind, trouble.Message);
            if (!isSecrets) return;
            pass.Tally.UnreadVaults.Add(host);
            await _heartbeats.FailAsync(Heartbeats.OfVault(host), trouble.Trouble.ToString(), cancellationToken);
        }
    }

    /// <summary>App registrations are watched and announced, never rotated from here.</summary>
    private async Task SweepAsync(IAppRegistrations apps, ObjectWatch.Round round, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var app in apps.ListAsync(cancellationToken)) await round.SeeAsync(app, cancellationToken);
            round.AppsWereRead();
        }
        catch (RemoteTroubleException trouble)
        {
            await round.CouldNotReadAppsAsync(trouble, cancellationToken);
            LogAppsUnread(_logger, trouble.Message);
        }
    }

    private async Task SeeSecretAsync(VaultObject seen, Pass pass, CancellationToken cancellationToken)
    {
        try
        {
            var looked = await _look.RunAsync(seen.ToSecret(), pass.Adopted, cancellationToken);
            if (looked is { Result: not LookResult.Nothing, Row: { } row }) await pass.Wakes.AddAsync(row.Id, seen.ExpiresOn, cancellationToken);
            await pass.Round.SeeAsync(seen, looked, cancellationToken);
            pass.Tally.Count(looked.Result);
        }
        catch (NewerFormatException newer)
        {
            // One row that this version cannot read must not end the sweep of the others.
            LogNewer(_logger, seen.About, newer.Message);
            await pass.Round.CouldNotJudgeAsync(seen, newer.Message, cancellationToken);
            pass.Tally.Count(LookResult.Nothing);
        }
    }

    /// <summary>What one sweep carries through all vaults.</summary>
    private sealed record Pass(ObjectWatch.Round Round, IReadOnlySet<CredentialId> Adopted, Wakes Wakes, Tally Tally);

    private sealed class Tally
    {
        public int Secrets { get; private set; }

        public int Adopted { get; private set; }

        public int Woken { get; private set; }

        public List<string> UnreadVaults { get; } = [];

        public void Count(LookResult result)
        {
            Secrets++;
            if (result is LookResult.Adopted) Adopted++;
            if (result is LookResult.Woken) Woken++;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Swept {Vaults} vaults: {Secrets} secrets, {Adopted} adopted, {Woken} woken, {Findings} findings")]
    private static partial void LogSwept(ILogger logger, int vaults, int secrets, int adopted, int woken, int findings);

    [LoggerMessage(2, LogLevel.Warning, "Vault {Vault}: list of {Kind} could not be swept: {Trouble} Others were; the next sweep tries again.")]
    private static partial void LogUnread(ILogger logger, string vault, VaultObjectKind kind, string trouble);

    [LoggerMessage(3, LogLevel.Warning, "{Secret} was left untouched: {Reason}")]
    private static partial void LogNewer(ILogger logger, WatchedName secret, string reason);

    [LoggerMessage(4, LogLevel.Warning, "App registrations could not be swept: {Trouble} Vaults were; the next sweep tries again.")]
    private static partial void LogAppsUnread(ILogger logger, string trouble);
}
