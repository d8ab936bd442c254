using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>One bad answer at any call of a rotation, of every kind that vault, provider, directory, consumer and channel are known for.</summary>
public sealed class A_bad_answer
{
    /// <summary>The same call later on, sweeps above all, shows nothing new.</summary>
    private const int OccurrencesMax = 6;

    private static readonly CancellationToken s_cancel = CancellationToken.None;

    private static readonly Dictionary<string, IReadOnlyList<Fault>> s_answers = new()
    {
        ["vault"] =
        [
            new Fault.Refuse(403, "Forbidden"), new Fault.Refuse(403, "Forbidden", "ForbiddenByFirewall"), new Fault.Refuse(404, "SecretNotFound"), KnownFaults.VaultSoftDeleted, KnownFaults.VaultBeingRecovered,
            KnownFaults.VaultThrottled(TimeSpan.FromSeconds(10)), new Fault.Refuse(500, "InternalServerError"), new Fault.DropBefore(), new Fault.DropAfter(), new Fault.Garbage(),
        ],
        ["gateway"] =
        [
            new Fault.Refuse(401, "00_401"), new Fault.Refuse(403, "00_403"), new Fault.Refuse(422, "30_001"), new Fault.Refuse(429, "00_429", RetryAfter: TimeSpan.FromSeconds(10)),
            new Fault.Refuse(500, "00_500"), new Fault.Refuse(503, "00_503"), new Fault.DropBefore(), new Fault.DropAfter(), new Fault.Garbage(),
        ],
        ["directory"] = [KnownFaults.DirectoryForbidden, KnownFaults.DirectoryThrottled(TimeSpan.FromSeconds(10)), new Fault.Refuse(503, "ServiceNotAvailable"), new Fault.DropBefore(), new Fault.Garbage()],
        ["consumer"] = [new Fault.Refuse(401, "401"), new Fault.Refuse(500, "500"), new Fault.DropBefore(), new Fault.DropAfter(), new Fault.Garbage()],
        ["notify"] = [new Fault.Refuse(400, "400"), new Fault.Refuse(429, "429"), new Fault.DropBefore(), new Fault.DropAfter()],
    };

    private static async Task<IReadOnlyList<(string Operation, int Occurrence)>> CallsAsync()
    {
        await using var world = new RotationWorld();
        await RunAsync(world);
        return [.. from calls in world.Faults.Operations.GroupBy(operation => operation)
                   from occurrence in Enumerable.Range(1, Math.Min(calls.Count(), OccurrencesMax))
                   select (calls.Key, occurrence)];
    }

    [Fact]
    public async Task At_any_call_delays_a_rotation_and_never_breaks_what_consumers_run()
    {
        var missed = new List<string>();
        var tried = 0;
        foreach (var (operation, occurrence) in await CallsAsync())
        {
            foreach (var fault in s_answers[operation.Split('.', '@')[0]])
            {
                tried++;
                await using var world = new RotationWorld();
                world.Faults.Add(operation, fault, occurrence);
                if (await TryAsync(world) is { } wrong) missed.Add($"{operation} #{occurrence} {fault}: {wrong}");
            }
        }

        Assert.True(missed.Count == 0, string.Join('\n', missed));
        Assert.True(tried > 150, $"{tried} answers were tried.");
    }

    [Fact]
    public async Task That_lasts_for_hours_ends_in_a_hold_and_the_rotation_goes_on_when_it_is_over()
    {
        var missed = new List<string>();
        foreach (var operation in (await CallsAsync()).Select(call => call.Operation).Distinct())
        {
            foreach (var fault in s_answers[operation.Split('.', '@')[0]].OfType<Fault.Refuse>())
            {
                await using var world = new RotationWorld();
                world.Faults.Add(operation, fault, times: 1_000);
                await RunAsync(world, TimeSpan.FromHours(5));
                world.Faults.Clear();
                if (await TryAsync(world) is { } wrong) missed.Add($"{operation} {fault}: {wrong}");
            }
        }

        Assert.True(missed.Count == 0, string.Join('\n', missed));
    }

    private static async Task<string?> TryAsync(RotationWorld world)
    {
        string? wrong = null;
        world.Faults.Hook = (operation, point) =>
        {
            // What a consumer without a version reads must be accepted, whatever went wrong so far.
            if (world.CurrentValue() is { } value && !world.Gateway.Accepts(value, world.Clock.GetUtcNow())) wrong ??= $"at {operation} the current value is refused";
            return Task.CompletedTask;
        };
        await RunAsync(world, TimeSpan.FromHours(40));
        if (wrong is not null) return wrong;

        var row = await world.Host.Registry.FindAsync(world.Credential, s_cancel);
        if (row is null or { Ordinal: 0 }) return "nothing was opened";
        var rotation = await world.RotationAsync(s_cancel);
        if (rotation is not { State: RotationState.Retired, IsClosed: true }) return $"it stands at {rotation.State}, hold {rotation.Hold?.Reason}: {rotation.Hold?.Detail} {rotation.LastTrouble}";
        var unread = world.Gateway.LiveKeys(RotationWorld.Target).Count - 1 - rotation.Suspects.Count;
        return unread > 0 ? $"{unread} live keys are reported to nobody" : null;
    }

    private static Task RunAsync(RotationWorld world) => RunAsync(world, TimeSpan.FromHours(40));

    /// <summary>A day with owners who do their part: they approve, and try again what a hold offers to try again.</summary>
    private static async Task RunAsync(RotationWorld world, TimeSpan time)
    {
        var end = world.Clock.GetUtcNow() + time;
        while (world.Clock.GetUtcNow() < end)
        {
            await world.SweepAsync(s_cancel);
            await world.PassAsync(TimeSpan.FromMinutes(50), s_cancel);
            if (await world.Host.Registry.FindAsync(world.Credential, s_cancel) is not { IsOpen: true }) continue;
            var rotation = await world.RotationAsync(s_cancel);
            if (rotation.Hold is not { } hold) continue;
            if (hold.Choices.Any(choice => choice.Name == "approve")) await world.ApproveAsync(RotationWorld.OwnerOne, s_cancel);
            // What was lost five times is not tried again by itself: a person says so.
            else if (hold.Reason is HoldReason.TooManyFailures && hold.Choices.Any(choice => choice.Name == "override")) await world.ChooseAsync("override", RotationWorld.OwnerOne, s_cancel);
            else if (hold.Choices.Any(choice => choice.Name == "retry")) await world.ChooseAsync("retry", RotationWorld.OwnerOne, s_cancel);
        }
    }
}
