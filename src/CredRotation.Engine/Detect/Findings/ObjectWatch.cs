using System.Collections.Concurrent;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect.Announce;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Detect.Findings;

/// <summary>Judges what a sweep sees, remembers it, and lets the announcer tell what is new. One <see cref="Round"/> per sweep.</summary>
internal sealed class ObjectWatch(FindingStore store, WatchedObjects objects, CredentialRegistry registry, IOwnerDirectory directory, FindingAnnouncer announcer, IOptions<RotationOptions> options, TimeProvider clock)
{
    private readonly RotationOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, OwnerReading> _healthy = new(StringComparer.OrdinalIgnoreCase);

    public async Task<Round> BeginAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return new Round(this, await FindingBook.OpenAsync(store, now, cancellationToken), new OwnerSights(directory, _options, _healthy, now));
    }

    /// <summary>What an event or a person made us look at, in the sweep's own words; the next sweep judges it again.</summary>
    public async Task SeeAsync(Looked looked, CancellationToken cancellationToken)
    {
        var (now, seen) = (clock.GetUtcNow(), VaultObject.Of(looked.Seen));
        if (looked.Row is not null)
        {
            // How its end comes is told by its rotation.
            await NoteAsync(looked.Findings, null);
            return;
        }

        var owners = new OwnerSights(directory, _options, _healthy, now);
        if (owners.Find(seen, null) is null) await owners.AskAsync(cancellationToken);
        var owner = owners.Find(seen, null)!;
        await NoteAsync(Judge(seen, looked, null, owner), owners.ReceiverOf(owner));

        async Task NoteAsync(IEnumerable<Finding> findings, string? receiver)
        {
            foreach (var finding in findings)
                await store.NoteAsync(new ObjectFinding { About = seen.About, Finding = finding, IsOfSweep = true, Receiver = receiver, ExpiresOn = seen.ExpiresOn, LastSeenOn = now }, cancellationToken);
        }
    }

    /// <summary>One sweep's look at everything.</summary>
    internal sealed class Round(ObjectWatch watch, FindingBook book, OwnerSights owners)
    {
        /// <summary>Objects that wait until their groups are asked for together.</summary>
        private const int WaitingMax = 2_000;

        private readonly List<(VaultObject Seen, Looked? Looked)> _waiting = [];

        public int Findings => book.Count;

        public async Task SeeAsync(VaultObject seen, Looked? looked, CancellationToken cancellationToken)
        {
            if (owners.Find(seen, looked?.Row) is { } owner)
            {
                await JudgeAsync(seen, looked, owner, cancellationToken);
                return;
            }

            _waiting.Add((seen, looked));
            if (_waiting.Count == WaitingMax) await AskAsync(cancellationToken);
        }

        private async Task AskAsync(CancellationToken cancellationToken)
        {
            await owners.AskAsync(cancellationToken);
            foreach (var (seen, looked) in _waiting) await JudgeAsync(seen, looked, owners.Find(seen, looked?.Row)!, cancellationToken);
            _waiting.Clear();
        }

        private async Task JudgeAsync(VaultObject seen, Looked? looked, OwnerSight owner, CancellationToken cancellationToken)
        {
            var row = looked?.Row;
            var open = row is { IsOpen: true } ? await watch.OpenRotationAsync(row, cancellationToken) : null;
            if (owner.Reading?.State is OwnerState.Unavailable) book.Keep(seen.About, SightingRules.NoOwner);
            var isReminded = row is not null && watch.PolicyOf(row).Mode is not RotationMode.Observe;
            foreach (var finding in watch.Judge(seen, looked, open, owner))
                await book.NoteAsync(seen.About, finding, owners.ReceiverOf(owner), seen.ExpiresOn, cancellationToken, isReminded && SightingRules.EndCodes.Contains(finding.Code));
        }

        /// <summary>Its row was written by a newer version: that is all that can be said of it.</summary>
        public Task CouldNotJudgeAsync(VaultObject seen, string reason, CancellationToken cancellationToken)
            => book.NoteAsync(seen.About, new Finding("newer-format", RotationMachine.Bounded(reason), NewerFormatException.Next, watch.Now, FindingSeverity.Warning), null, seen.ExpiresOn, cancellationToken);

        /// <summary>All of one kind in a vault was seen.</summary>
        public async Task WasReadAsync(string vaultHost, VaultObjectKind kind, WatchedList seen, CancellationToken cancellationToken)
        {
            if (!await watch.SaveAsync(vaultHost, kind, seen, cancellationToken)) book.LeaveNewer($"the list of {kind} objects in {vaultHost}");
            book.WasRead(vaultHost, kind);
        }

        /// <summary>One kind in a vault could not be listed, which is itself a finding.</summary>
        public Task CouldNotReadAsync(string vaultHost, VaultObjectKind kind, RemoteTroubleException trouble, CancellationToken cancellationToken)
        {
            var (code, what) = kind switch
            {
                VaultObjectKind.Key => ("keys-unreadable", "Keys"),
                VaultObjectKind.Certificate => ("certificates-unreadable", "Certificates"),
                _ => ("vault-unreadable", "Secrets"),
            };
            return book.NoteAsync(
                WatchedName.OfVault(vaultHost),
                new Finding(code, $"{what} of this vault could not be listed, so nobody hears of their end. {RotationMachine.Bounded(trouble.Message)}", $"Give the app's identity the right to list {what.ToLowerInvariant()} (properties only), and look at the vault's network.", watch.Now, FindingSeverity.Warning),
                receiver: null,
                expiresOn: null,
                cancellationToken);
        }

        public async Task SeeAsync(AppRegistrationSeen app, CancellationToken cancellationToken)
        {
            foreach (var credential in app.Credentials)
            {
                foreach (var finding in SightingRules.JudgeApp(app, credential, watch.Now))
                    await book.NoteAsync(WatchedName.OfApp(app, credential), finding, receiver: null, credential.ExpiresOn, cancellationToken);
            }
        }

        /// <summary>All app registrations were seen.</summary>
        public void AppsWereRead()
        {
            book.WasRead(WatchedName.AppRegistrations, VaultObjectKind.Secret);
            book.WasRead(WatchedName.AppRegistrations, VaultObjectKind.Certificate);
        }

        /// <summary>They could not be listed, which is itself a finding.</summary>
        public Task CouldNotReadAppsAsync(RemoteTroubleException trouble, CancellationToken cancellationToken)
            => book.NoteAsync(
                WatchedName.OfVault(WatchedName.AppRegistrations),
                new Finding("apps-unreadable", $"App registrations could not be listed, so nobody hears of the end of their secrets and certificates. {RotationMachine.Bounded(trouble.Message)}", "Grant Application.Read.All to the app's identity, or set Rotation:WatchAppRegistrations to false.", watch.Now, FindingSeverity.Warning),
                receiver: null,
                expiresOn: null,
                cancellationToken);

        public async Task CloseAsync(CancellationToken cancellationToken)
        {
            await AskAsync(cancellationToken);
            var hosts = watch._options.Vaults.Select(SecretName.HostOf).ToHashSet();
            if (watch._options.WatchAppRegistrations) hosts.Add(WatchedName.AppRegistrations);
            // Findings about a vault as a whole are judged anew by every sweep.
            foreach (var host in hosts) book.WasRead(host, null);
            await book.CloseAsync(hosts, cancellationToken);
            await watch.TellAsync(cancellationToken);
        }
    }

    private IEnumerable<Finding> Judge(VaultObject seen, Looked? looked, Rotation? open, OwnerSight owner)
    {
        var (mode, lead) = PolicyOf(looked?.Row);
        return SightingRules.Judge(new Sighting(seen, looked?.Row, open, mode, lead, owner, Now)).Concat(looked?.Findings ?? []);
    }

    private DateTimeOffset Now => clock.GetUtcNow();

    private Task TellAsync(CancellationToken cancellationToken) => announcer.TellAsync(cancellationToken);

    private Task<bool> SaveAsync(string vaultHost, VaultObjectKind kind, WatchedList seen, CancellationToken cancellationToken)
        => objects.SaveAsync(vaultHost, kind, seen, cancellationToken);

    private Task<Rotation?> OpenRotationAsync(CredentialRow row, CancellationToken cancellationToken)
        => registry.FindRotationAsync(row.Id, row.Ordinal, cancellationToken);

    private (RotationMode Mode, TimeSpan Lead) PolicyOf(CredentialRow? row)
    {
        var policy = _options.Policies.GetValueOrDefault(row?.Binding.Policy ?? _options.DefaultPolicy);
        // As Detect has it: a policy may lower the mode, and without one nothing is rotated.
        var mode = row is not null && policy is null ? RotationMode.Observe : _options.ModeOf(policy);
        return (mode, policy?.Lead ?? new PolicyOptions().Lead);
    }
}
