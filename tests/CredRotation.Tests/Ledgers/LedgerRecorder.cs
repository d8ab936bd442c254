using System.Text.RegularExpressions;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;
using CredRotation.Tests.Testing;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Ledgers;

/// <summary>
/// Lets worlds run and keeps what a killed process would leave: at the first and the last moment of every state, and at rest in every hold.
/// The same build records the same bytes.
/// </summary>
internal sealed partial class LedgerRecorder
{
    // The key is random in a world; recordings hold one and the same.
    private const string InstallationKey = "cmVjb3JkZWQtcmVjb3JkZWQtcmVjb3JkZWQtcmVjb3I=";

    private const int TurnsMax = 600;

    /// <summary>Turns in which people try again what does not heal.</summary>
    private const int PatienceMax = 100;

    private const int VisitsMax = 10;

    private readonly Dictionary<string, RecordedLedger> _kept = [];

    /// <summary>Every situation with its recording, without its end.</summary>
    public static async Task<IReadOnlyDictionary<string, RecordedLedger>> RecordAsync(CancellationToken cancellationToken)
    {
        var recorder = new LedgerRecorder();
        await recorder.RunAsync("", null, async world =>
        {
            await world.SweepAsync(cancellationToken);
            await world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
            await world.PassAsync(TimeSpan.FromHours(30), cancellationToken);
        });
        await recorder.RunAsync("listed-", "overlap-list", async world =>
        {
            await world.SweepAsync(cancellationToken);
            await GoOnAsync(world, cancellationToken);
        }, RotationState.IssueSent, RotationState.Reloaded, RotationState.RetireSent);
        await recorder.RunAsync("first-use-", "timer-first-use", async world =>
        {
            await world.SweepAsync(cancellationToken);
            await GoOnAsync(world, cancellationToken);
        }, RotationState.VerifySent, RotationState.PromoteSent);
        await recorder.RunAsync("rejected-", null, async world =>
        {
            await world.SweepAsync(cancellationToken);
            var rotation = await world.RotationAsync(cancellationToken);
            await world.Host.Registry.TellAsync(world.Credential, new InboxItem.Reject(world.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1", "Not now."), cancellationToken);
            await world.DrainAsync(cancellationToken);
        }, RotationState.Abandoned);
        await recorder.RunAsync("overtaken-", null, async world =>
        {
            await world.SweepAsync(cancellationToken);
            world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("written-by-hand"), world.Clock.GetUtcNow().AddDays(80), RotationWorld.Tags());
            await world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
        }, RotationState.Superseded);
        await recorder.RunAsync("released-", null, async world =>
        {
            await world.SweepAsync(cancellationToken);
            await world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
            await world.PassAsync(TimeSpan.FromHours(30), cancellationToken);
            await world.Host.Registry.TellAsync(world.Credential, new InboxItem.Release(world.Clock.GetUtcNow(), RotationWorld.OwnerOne, "owner-1", "Not ours any more."), cancellationToken);
            await world.DrainAsync(cancellationToken);
        }, RotationState.Retired);
        await recorder.RunAsync("changed-", null, async world =>
        {
            await ChangeInTheMiddleAsync(world, cancellationToken);
            await world.ChooseAsync("restore-theirs", RotationWorld.OwnerTwo, cancellationToken);
            await world.PassAsync(TimeSpan.FromHours(25), cancellationToken);
        }, RotationState.RolledBack);
        await recorder.HoldAsync(HoldReason.OwnersMissing, world => world.Directory.Put(new DirectoryGroup(RotationWorld.OwnerGroup, "payments-owners", null, [RotationWorld.OwnerOne])), cancellationToken);
        await recorder.HoldAsync(HoldReason.ConsumerSilentBeforeIssue, world => world.Consumers.FallsSilent("checkout"), cancellationToken);
        await recorder.HoldAsync(HoldReason.ConsumerSilent, world => world.Consumers.Signalled = null, cancellationToken);
        await recorder.HoldAsync(HoldReason.IssueRejected, world => world.Faults.Add("gateway.generate", new Fault.Refuse(422, "00_422"), times: 1000), cancellationToken);
        await recorder.HoldAsync(HoldReason.TooManyFailures, world => world.Faults.Add("vault.write@payments", new Fault.Refuse(500, "InternalError"), times: 1000), cancellationToken);
        await recorder.HoldAsync(HoldReason.ProbeForbidden, world => world.Faults.Add("gateway.me", new Fault.Refuse(403, "00_403"), occurrence: 2, times: 1000), cancellationToken);
        await recorder.HoldAsync(HoldReason.IssuePending, _ => { }, cancellationToken, "person-approval");
        await recorder.RunAsync("", null, world => ChangeInTheMiddleAsync(world, cancellationToken), HoldReason.ChangedByHand);
        await recorder.RunAsync("", null, world => world.SweepAsync(cancellationToken), HoldReason.ApprovalNeeded);
        await recorder.HoldAsync(HoldReason.DirectoryCannotSee, world => world.Faults.Add("directory.members", KnownFaults.DirectoryForbidden, times: 1000), cancellationToken);
        await recorder.HoldAsync(HoldReason.OldCredentialRefused, world => world.Faults.Add("gateway.me", new Fault.Refuse(401, "00_401"), times: 1000), cancellationToken);
        await recorder.HoldAsync(HoldReason.NewCredentialRefused, EndWhatIsIssued, cancellationToken, "overlap-list");
        await recorder.HoldAsync(HoldReason.NoConsumer, world => world.TagByHand(RotationWorld.Tags().Where(tag => tag.Key != "rotate-consumers").ToDictionary()), cancellationToken, "overlap-list");
        await recorder.HoldAsync(HoldReason.OldStillAlive, world => world.Faults.Add("vendor.retire", new Fault.Refuse(422, "in_use"), times: 1000), cancellationToken, "overlap-list");
        await recorder.RunAsync("", "overlap-list", world => VisitAsync(world, world.AddHost(provider: SeenAs(world, (_, works) => works with { CredentialId = null })), cancellationToken), HoldReason.OldUnknown);
        await recorder.RunAsync("", "overlap-list", world => VisitAsync(world, world.AddHost(provider: SeenAs(world, (candidate, works) => candidate.Id is null ? works : works with { Identity = "Somebody else" })), cancellationToken), HoldReason.WrongIdentity);
        await recorder.RunAsync("", null, world => VisitAsync(world, world.AddHost(new FakeTimeProvider(world.Clock.GetUtcNow() + TimeSpan.FromMinutes(10))), cancellationToken), HoldReason.ClockDisagrees);
        await recorder.HoldAsync(HoldReason.ProviderApprovalNeeded, _ => { }, cancellationToken, settings: new Dictionary<string, string?>
        {
            ["Rotation:Accounts:gateway-main:ProviderApproval:Contact"] = "support@gateway.example.com",
            ["Rotation:Accounts:gateway-main:ProviderApproval:ContractReference"] = "C-4711",
        });
        await recorder.HoldAsync(HoldReason.OutsideWindow, _ => { }, cancellationToken, "overlap-list", new Dictionary<string, string?>
        {
            ["Rotation:Freezes:year-end:From"] = "2026-11-01T00:00:00+00:00",
            ["Rotation:Freezes:year-end:To"] = "2027-02-01T00:00:00+00:00",
        });
        await recorder.HoldAsync(HoldReason.ConsumerFailing, world => world.Consumers.Signalled = (_, signal, instances) => world.Host.Registry.TellAsync(world.Credential,
            new InboxItem.ReportFailure(world.Clock.GetUtcNow(), RotationWorld.CheckoutPrincipal, signal.Version, instances[0], "refused"), CancellationToken.None), cancellationToken);
        // An instance that nobody heard of while the others proved the new version is there again afterwards.
        await recorder.RunAsync("", "overlap-list", async world =>
        {
            await world.SweepAsync(cancellationToken);
            for (var minute = 0; minute < VisitsMax && (await world.RotationAsync(cancellationToken)).State < RotationState.Reloaded; minute++) await world.PassAsync(TimeSpan.FromMinutes(1), cancellationToken);
            await world.BeatAsync("checkout", "checkout-7", (await world.RotationAsync(cancellationToken)).Plan.OldVersion);
            await world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
        }, HoldReason.OldStillRead);
        await recorder.RunAsync("rolling-back-", "overlap-list", async world =>
        {
            await world.SweepAsync(cancellationToken);
            for (var minute = 0; minute < VisitsMax && (await world.RotationAsync(cancellationToken)).State < RotationState.Reloaded; minute++) await world.PassAsync(TimeSpan.FromMinutes(1), cancellationToken);
            var rotation = await world.RotationAsync(cancellationToken);
            await world.Host.Registry.TellAsync(world.Credential, new InboxItem.RollBack(world.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, rotation.State, RotationWorld.OwnerOne, "owner-1"), cancellationToken);
            await world.DrainAsync(cancellationToken);
        }, RotationState.Promoted, RotationState.Reloaded, RotationState.RolledBack);
        return recorder._kept;
    }

    /// <summary>Time passes and people do what they are asked, until the rotation is closed or nothing moves any more. Answers how it ended.</summary>
    public static async Task<string> GoOnAsync(RotationWorld world, CancellationToken cancellationToken)
    {
        for (var turn = 0; turn < TurnsMax; turn++)
        {
            var rotation = await world.RotationAsync(cancellationToken, ordinal: 1);
            if (rotation.IsClosed) return rotation.State.ToString();
            if (rotation.Hold?.Reason is HoldReason.ApprovalNeeded && rotation.Approvals.Count == 0) await world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
            else if (rotation.Hold?.Choices.FirstOrDefault(choice => choice.Name is "close-unproven" || (turn < PatienceMax && choice.Name is "retry" or "keep-ours" or "provider-approved")) is { } choice) await world.ChooseAsync(choice.Name, RotationWorld.OwnerOne, cancellationToken);
            foreach (var errand in world.Vendor?.OpenErrands ?? []) world.Vendor!.Do(errand);
            await PassAsync(world, cancellationToken);
        }

        var last = await world.RotationAsync(cancellationToken, ordinal: 1);
        return $"{last.State}, held: {last.Hold?.Reason}";
    }

    /// <summary>To the next wake or message. A dead visit's claim outlives its wake until its effects have landed: meanwhile time passes all the same.</summary>
    private static async Task PassAsync(RotationWorld world, CancellationToken cancellationToken)
    {
        await world.DrainAsync(cancellationToken);
        var (wake, queued) = ((await world.RowAsync(cancellationToken)).WakeOn, world.Queue.NextVisibleOn);
        var next = wake is null || queued < wake ? queued : wake;
        if (next is { } moment && moment > world.Clock.GetUtcNow()) world.Clock.SetUtcNow(moment);
        else world.Clock.Advance(TimeSpan.FromSeconds(30));
        await world.Host.Sleepers.WakeAsync(cancellationToken);
        await world.DrainAsync(cancellationToken);
    }

    private static async Task ChangeInTheMiddleAsync(RotationWorld world, CancellationToken cancellationToken)
    {
        await world.SweepAsync(cancellationToken);
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        var look = world.Faults.Hook!;
        world.Faults.Hook = (operation, point) =>
        {
            if (operation == "vault.write@payments" && point is FaultPoint.Before)
            {
                world.Faults.Hook = look;
                world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("written-by-hand-in-the-middle"), world.Clock.GetUtcNow().AddDays(10), RotationWorld.Tags());
            }

            return look(operation, point);
        };
        await world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
    }

    private static void EndWhatIsIssued(RotationWorld world) => world.Vendor!.Called = request =>
    {
        if (request is { Operation: "issue", Touched: { } made }) world.Vendor.End(made);
    };

    private static LyingProvider SeenAs(RotationWorld world, Func<Candidate, ProbeOutcome.Works, ProbeOutcome> seen) => new(new InMemoryVendorProvider(world.Vendor!, world.Faults))
    {
        Probes = (candidate, outcome) => outcome is ProbeOutcome.Works works ? seen(candidate, works) : outcome,
    };

    /// <summary>Lets another host find the secret, hear the approval and go as far as it can.</summary>
    private static async Task VisitAsync(RotationWorld world, RotationHost host, CancellationToken cancellationToken)
    {
        await host.Sweep.RunAsync(cancellationToken);
        await host.Engine.AdvanceAsync(world.Credential, cancellationToken);
        var rotation = await world.RotationAsync(cancellationToken);
        await host.Registry.TellAsync(world.Credential, new InboxItem.Approve(world.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), cancellationToken);
        for (var visit = 0; visit < VisitsMax; visit++)
        {
            await host.Engine.AdvanceAsync(world.Credential, cancellationToken);
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    private Task HoldAsync(HoldReason reason, Action<RotationWorld> trouble, CancellationToken cancellationToken, string? vendor = null, IReadOnlyDictionary<string, string?>? settings = null)
        => RunAsync(settings, "", vendor, async world =>
        {
            trouble(world);
            await world.SweepAsync(cancellationToken);
            if ((await world.RotationAsync(cancellationToken)).Hold?.Reason is HoldReason.ApprovalNeeded) await world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
            await world.PassAsync(TimeSpan.FromHours(3), cancellationToken);
            // Where issuing endangers nothing an owner is asked before the old one ends.
            if ((await world.RotationAsync(cancellationToken)).Hold?.Reason is not HoldReason.ApprovalNeeded) return;
            await world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
            await world.PassAsync(TimeSpan.FromHours(3), cancellationToken);
        }, reason);

    /// <summary>Runs a script and keeps its states, or only the given ones, or only the given hold.</summary>
    private Task RunAsync(string prefix, string? vendor, Func<RotationWorld, Task> script, params object[] only) => RunAsync(null, prefix, vendor, script, only);

    private async Task RunAsync(IReadOnlyDictionary<string, string?>? settings, string prefix, string? vendor, Func<RotationWorld, Task> script, params object[] only)
    {
        await using var world = new RotationWorld(settings, vendor: vendor is null ? null : VendorClasses.Find(vendor));
        var writes = new List<(VaultVersion Version, DateTimeOffset At)>();
        var start = world.Clock.GetUtcNow();
        world.Vaults.Written = version => writes.Add((version, world.Clock.GetUtcNow()));
        world.ByHand(RotationWorld.StagingHost, "rot-installation-key", new SecretText(InstallationKey), null, new Dictionary<string, string>());
        var found = new SortedDictionary<string, RecordedLedger>(StringComparer.Ordinal);
        world.Faults.Hook = (_, _) =>
        {
            Look();
            return Task.CompletedTask;
        };
        world.Rows.Fault = (_, _) =>
        {
            Look();
            return FaultDecision.None;
        };
        await script(world);
        Look();
        foreach (var (name, recording) in found) _kept.TryAdd(name, recording);

        void Look()
        {
            var rows = world.Rows.Snapshot();
            if (rows.FirstOrDefault(row => row.Key.Row == "rot-00000001") is not { } stored) return;
            var rotation = EngineJson.Read<Rotation>(stored.Body);
            var reason = rotation.Hold?.Reason;
            if (only is [HoldReason wanted])
            {
                if (reason == wanted) found[$"held-{Words(wanted)}"] = Keep(world, $"held-{Words(wanted)}", vendor, rotation, start, writes, rows);
                return;
            }

            if (only.Length > 0 && !only.Contains(rotation.State)) return;
            var (first, last) = ($"{prefix}{Words(rotation.State)}-first", $"{prefix}{Words(rotation.State)}-last");
            var kept = Keep(world, last, vendor, rotation, start, writes, rows);
            if (found.TryAdd(first, kept with { Situation = first })) return;
            found[last] = kept;
        }
    }

    private static string Words(object value) => Capital().Replace($"{value}", match => $"{(match.Index == 0 ? "" : "-")}{char.ToLowerInvariant(match.Value[0])}");

    private static RecordedLedger Keep(RotationWorld world, string name, string? vendor, Rotation rotation, DateTimeOffset start, List<(VaultVersion Version, DateTimeOffset At)> writes, IReadOnlyList<StoredRow> rows)
    {
        var first = world.Vaults.ListVersions(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, null, new VaultCaller("recorder", "recorder")).Value!.Items;
        var all = first.Where(version => writes.All(write => write.Version.Id != version.Id)).Select(version => (Version: version, At: start)).Concat(writes);
        var credentials = world.Vendor is { } model
            ? model.Credentials.Select(made => new RecordedCredential(made.Id, made.Marker, made.CreatedOn, made.ExpiresOn, made.FirstUsedOn, made.GoneOn))
                .Concat(model.OpenErrands.Select(errand => new RecordedCredential("errand", errand.Order!.Marker, errand.AskedOn, errand.Order.ExpiresOn, null, null)))
            : world.Gateway.Keys.Where(key => key.CredentialId == RotationWorld.Target).Select(key => new RecordedCredential(key.Label, null, key.IssuedOn, null, null, null));
        return new RecordedLedger(
            name,
            vendor,
            world.Clock.GetUtcNow(),
            rotation.State,
            rotation.Hold?.Reason,
            "",
            [.. credentials],
            [.. all.Select(write => Describe(world, write.Version, write.At)).OfType<RecordedVersion>()],
            [.. rows.Select(row => new RecordedRow(row.Key.Partition, row.Key.Row, Visit().Replace(row.Body, "\"visit\":\"recordedvisitvis\"")))]);
    }

    private static RecordedVersion? Describe(RotationWorld world, VaultVersion written, DateTimeOffset at)
    {
        var page = world.Vaults.ListVersions(written.Vault, written.Name, null, new VaultCaller("recorder", "recorder")).Value?.Items;
        // A discarded staging secret is gone for good: its name is not used again.
        if (page?.FirstOrDefault(version => version.Id == written.Id) is not { } now) return null;
        var credential = world.Vendor is { } vendor ? vendor.Find(now.Value)?.Id : world.Gateway.LabelOf(now.Value.RevealToRemote()) is var label && label != "unknown" ? label : null;
        return new RecordedVersion(now.Vault, now.Name, now.Id, at, credential, credential is null ? now.Value.RevealToRemote() : null, now.ContentType, now.IsEnabled, now.Expires, now.Tags);
    }

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();

    // Who visits is random.
    [GeneratedRegex("\"visit\":\"[a-z2-7]+\"")]
    private static partial Regex Visit();
}
