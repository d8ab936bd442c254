using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Sandbox.World;

namespace CredRotation.Sandbox.Replay;

/// <summary>
/// The day as it went: the payment key has expired, the group that owns it is gone, and the shop fails. The vault's event is the first signal;
/// one named person of the fallback group expedites.
/// </summary>
internal static class TooLateReplay
{
    /// <summary>How long the shop still sells before its key ends.</summary>
    private static readonly TimeSpan s_left = TimeSpan.FromMinutes(2);

    /// <summary>Key Vault names no latency for its expired event; this one takes its time.</summary>
    private static readonly TimeSpan s_eventDelay = TimeSpan.FromSeconds(45);

    /// <summary>How long the person on call takes from the card to the decision.</summary>
    private static readonly TimeSpan s_decision = TimeSpan.FromMinutes(4);

    private const string OnCall = "operator";
    private const int OpenedWithinSeconds = 60;
    private const int RefusedMin = 20;

    public static Task<Stage> SetAsync(int seed, TimeSpan pace, TextWriter output, CancellationToken cancellationToken)
        => Stage.SetAsync(new SandboxOptions { Seed = seed, SecretLife = s_left }, pace, output, cancellationToken);

    public static async Task<ReplayReport> RunAsync(Stage stage, CancellationToken cancellationToken)
    {
        var world = stage.World;
        var started = TimeProvider.System.GetTimestamp();
        await stage.Timeline.SayAsync("The owners' group was deleted months ago; reminders went to its alias. The shop sells.");
        world.Directory.DeleteGroup(SandboxNames.PaymentsOwners);
        while (world.Gateway.AttemptedPayments < PaymentsBefore) await Stage.WaitAsync(cancellationToken);

        var key = world.Gateway.LiveKeys(SandboxNames.PaymentsCredential).Single();
        var version = world.Vault.Get(world.PaymentSecret.VaultHost, world.PaymentSecret.Name, null, new Testing.VaultCaller("sandbox", "")).Value!;
        await stage.JumpAsync(DateTimeOffset.FromUnixTimeSeconds(version.Expires!.Value), cancellationToken);
        world.Gateway.End(key);
        await stage.Timeline.SayAsync("The key expires at the gateway. Every payment is refused.");
        while (world.Gateway.RefusedPayments < RefusedMin) await Stage.WaitAsync(cancellationToken);
        await stage.JumpAsync(stage.Clock.GetUtcNow() + s_eventDelay, cancellationToken);

        await stage.DeliverAsync("OnSecretNearExpiry", Expired(world, version), cancellationToken);
        var first = await stage.RunToCloseAsync(1, rotation => ExpediteAsync(stage, rotation, cancellationToken), cancellationToken);
        var seen = Seen.Now(world, first);
        var stats = await world.Checkout.StatsAsync(cancellationToken);
        var failed = world.Gateway.FailedPayments;
        var incident = Incident(world, first, failed, stats.Failed);

        await stage.JumpAsync(first.NewExpiresOn!.Value - first.Plan.Policy.Lead, cancellationToken);
        var second = await stage.RunToCloseAsync(2, _ => Task.FromResult(false), cancellationToken);
        var canary = await stage.SearchAsync([first, second], cancellationToken);
        List<string> missed =
        [
            .. CallPlan.TooLate.Differences(first.Calls),
            .. seen.Differences(first.Calls),
            .. await Publications.DifferencesAsync(stage, [first, second], cancellationToken),
            .. Requirements.Of(world, first, second, canary),
            .. incident is null ? ["No incident was opened."] : Shortfalls(incident),
            .. world.Gateway.FailedPayments.Count == failed.Count ? Array.Empty<string>() : ["Payments failed after the recovery."],
        ];
        return new ReplayReport(
            "too-late",
            world.Options.Seed,
            new PaymentsReport(world.Gateway.AttemptedPayments, world.Gateway.FailedPayments.Count),
            world.Checkout.Starts - 1,
            KeysReport.Of(canary),
            RotationReport.Of(first, seen.OwnerChecks, await stage.LedgerWritesAsync(first, cancellationToken)),
            second.State.ToString(),
            incident,
            ReplayReport.Measure(started, stage.Clock.GetUtcNow() - first.Plan.OpenedOn),
            missed);

        static IEnumerable<string> Shortfalls(IncidentReport incident)
        {
            if (incident.OpenedAfterSeconds > OpenedWithinSeconds) yield return $"The incident opened {incident.OpenedAfterSeconds} s after its signal; {OpenedWithinSeconds} are allowed.";
            if (incident.FailedPaymentsCounted != incident.FailedPaymentsTruth) yield return $"{incident.FailedPaymentsCounted} failed payments were counted; the shop had {incident.FailedPaymentsTruth}.";
            if (incident.FailedPaymentsTruth == 0) yield return "No payment failed, so nothing was too late.";
        }
    }

    private const int PaymentsBefore = 100;

    private static async Task<bool> ExpediteAsync(Stage stage, Rotation rotation, CancellationToken cancellationToken)
    {
        if (rotation is not { Hold: { Reason: HoldReason.ApprovalNeeded, IsAnnounced: true } hold } || hold.Answers.Count > 0) return false;

        await stage.JumpAsync(stage.Clock.GetUtcNow() + s_decision, cancellationToken);
        await stage.Timeline.SayAsync($"{OnCall}, of the fallback group, opens the card's page and expedites.");
        await stage.PostAsync(OnCall, $"api/rotations/{rotation.Id}/choose", new { planHash = rotation.PlanHash, expectedState = rotation.State.ToString(), choice = "expedite" }, cancellationToken);
        return true;
    }

    /// <summary>Key Vault's own event, as Event Grid delivers it.</summary>
    private static string Expired(SandboxWorld world, Testing.VaultVersion version) => JsonSerializer.Serialize(new[]
    {
        new
        {
            id = $"expired-{version.Id}",
            topic = "/subscriptions/sandbox/resourceGroups/sandbox/providers/Microsoft.KeyVault/vaults/payments",
            subject = version.Name,
            eventType = "Microsoft.KeyVault.SecretExpired",
            eventTime = EngineTime.Text(DateTimeOffset.FromUnixTimeSeconds(version.Expires ?? 0)),
            data = new { Id = $"{world.PaymentSecret}/{version.Id}", VaultName = "payments", ObjectType = "Secret", ObjectName = version.Name, Version = version.Id, NBF = (long?)null, EXP = version.Expires },
            dataVersion = "1",
            metadataVersion = "1",
        },
    });

    private static IncidentReport? Incident(SandboxWorld world, Rotation rotation, IReadOnlyList<Testing.Payment> failed, long failedByTheShop)
    {
        if (rotation.Incident is not { } incident || failed.Count == 0) return null;

        var firstRefused = failed[0].At;
        var recovered = world.Gateway.Payments.First(payment => payment.IsAccepted && payment.At > failed[^1].At).At;
        double Since(DateTimeOffset from, DateTimeOffset to) => Math.Round((to - from).TotalSeconds, 1);
        return new IncidentReport
        {
            OpenedBy = incident.OpenedBy,
            FirstSignalAfterSeconds = Since(firstRefused, rotation.Plan.SignalledOn),
            OpenedAfterSeconds = Since(rotation.Plan.SignalledOn, incident.OpenedOn),
            RecoveredAfterSeconds = Since(firstRefused, recovered),
            ConsumersRecoveredAfterProviderSeconds = Since(rotation.New!.IssuedOn, recovered),
            FailedPaymentsCounted = failed.Count,
            FailedPaymentsTruth = failedByTheShop,
        };
    }
}
