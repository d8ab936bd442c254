using CredRotation.Engine;
using CredRotation.Sandbox.World;

namespace CredRotation.Sandbox.Replay;

/// <summary>The day as it should have gone: a payment key three weeks from its end is rotated while the shop sells, twice in a row.</summary>
internal static class InTimeReplay
{
    /// <summary>Payments that make the day worth watching.</summary>
    private const int PaymentsMin = 1001;

    /// <param name="provider">The kind of provider, and with it whether the old key ends by a timer or is retired.</param>
    public static Task<Stage> SetAsync(int seed, string provider, TimeSpan pace, TextWriter output, CancellationToken cancellationToken)
        => Stage.SetAsync(new SandboxOptions { Seed = seed, Provider = provider }, pace, output, cancellationToken);

    /// <summary>The report speaks of the first rotation, its payments of both.</summary>
    public static async Task<ReplayReport> RunAsync(Stage stage, CancellationToken cancellationToken)
    {
        var world = stage.World;
        var started = TimeProvider.System.GetTimestamp();
        await stage.App.Services.GetRequiredService<Engine.Detect.CredentialSweep>().RunAsync(cancellationToken);
        var first = await stage.RunToCloseAsync(1, rotation => ApproveAsync(stage, rotation, cancellationToken), cancellationToken);
        var seen = Seen.Now(world, first);

        await stage.Timeline.SayAsync($"The next rotation is due {first.Plan.Policy.Lead.TotalDays:0} days before {EngineTime.Text(first.NewExpiresOn!.Value)}.");
        await stage.JumpAsync(first.NewExpiresOn.Value - first.Plan.Policy.Lead, cancellationToken);
        var second = await stage.RunToCloseAsync(2, _ => Task.FromResult(false), cancellationToken);
        while (world.Gateway.AttemptedPayments < PaymentsMin) await Stage.WaitAsync(cancellationToken);

        var canary = await stage.SearchAsync([first, second], cancellationToken);
        List<string> missed =
        [
            .. CallPlan.InTimeOf(world.Options).Differences(first.Calls),
            .. seen.Differences(first.Calls),
            .. await Publications.DifferencesAsync(stage, [first, second], cancellationToken),
            .. Requirements.Of(world, first, second, canary),
            .. world.Gateway.RefusedPayments == 0 ? Array.Empty<string>() : [$"{world.Gateway.RefusedPayments} payments failed."],
            .. first.Incident is null && second.Incident is null ? Array.Empty<string>() : ["An incident was opened."],
        ];
        return new ReplayReport(
            "in-time",
            world.Options.Seed,
            new PaymentsReport(world.Gateway.AttemptedPayments, world.Gateway.RefusedPayments),
            world.Checkout.Starts - 1,
            KeysReport.Of(canary),
            RotationReport.Of(first, seen.OwnerChecks, await stage.LedgerWritesAsync(first, cancellationToken)),
            second.State.ToString(),
            Incident: null,
            ReplayReport.Measure(started, stage.Clock.GetUtcNow() - first.Plan.OpenedOn),
            missed)
        {
            Provider = world.Options.HasCredentials ? world.Options.Provider : null,
        };
    }

    /// <summary>The owner reads the card over coffee, and says yes.</summary>
    private static async Task<bool> ApproveAsync(Stage stage, Rotation rotation, CancellationToken cancellationToken)
    {
        if (rotation is not { Hold: { Reason: HoldReason.ApprovalNeeded, IsAnnounced: true }, Approvals.Count: 0 }) return false;

        await stage.JumpAsync(stage.Clock.GetUtcNow() + TimeSpan.FromMinutes(9), cancellationToken);
        await stage.Timeline.SayAsync("owner-1 opens the card's page and approves the plan.");
        await stage.PostAsync("owner-1", $"api/rotations/{rotation.Id}/approve", new { planHash = rotation.PlanHash, expectedState = rotation.State.ToString() }, cancellationToken);
        return true;
    }
}
