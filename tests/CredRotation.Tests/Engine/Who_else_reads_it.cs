using CredRotation.Engine;
using CredRotation.Engine.Retire;
using CredRotation.Testing;
using Moq;

namespace CredRotation.Tests.Engine;

/// <summary>Before the old credential ends, the vault's log is asked who may still run it.</summary>
public sealed class Who_else_reads_it : IAsyncLifetime
{
    private const string Unknown = "d0000000-0000-0000-0000-000000000009";
    private readonly Mock<IVaultLog> _log = new(MockBehavior.Strict);
    private readonly RotationWorld _world;
    private readonly List<VaultReader> _readers = [];
    private VaultLogAnswer? _instead;

    public Who_else_reads_it()
    {
        _world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:VaultLog:Workspace"] = "00000000-0000-0000-0000-000000000041" }, vendor: VendorClasses.Find("overlap-list"), log: _log.Object);
        _log.Setup(log => log.ReadersAsync(_world.Secret, It.IsAny<DateTimeOffset>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(() => _instead ?? new VaultLogAnswer.Read([.. _readers], _world.Clock.GetUtcNow().AddMinutes(-2)));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Nobody_does_and_it_is_asked_only_when_the_log_has_had_its_time()
    {
        var rotation = await RunAsync(TimeSpan.FromMinutes(14));
        Assert.Equal(RotationState.Reloaded, rotation.State);
        _log.VerifyNoOtherCalls();

        Assert.Equal(RotationState.Retired, (await RunAsync(TimeSpan.FromHours(2))).State);
        _log.Verify(log => log.ReadersAsync(_world.Secret, It.Is<DateTimeOffset>(since => since == rotation.PromotedOn!.Value.AddDays(-30)), It.IsAny<CancellationToken>()), Times.AtLeastOnce);
    }

    [Fact]
    public async Task A_stranger_who_read_it_before_and_not_since_holds_it_and_becomes_a_finding()
    {
        _readers.Add(Reader(Unknown, null, -5));

        var rotation = await RunAsync(TimeSpan.FromHours(2));

        Assert.Equal((RotationState.Reloaded, HoldReason.OldStillRead), (rotation.State, rotation.Hold?.Reason));
        Assert.Contains(Unknown, rotation.Hold!.Detail, StringComparison.Ordinal);
        Assert.Contains(Unknown, Assert.Single((await _world.RowAsync(Cancel)).Findings, finding => finding.Code == "unknown-reader").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_who_has_read_the_new_one_is_a_finding_and_holds_nothing()
    {
        _readers.Add(Reader(Unknown, null, 24 * 30));

        Assert.Equal(RotationState.Retired, (await RunAsync(TimeSpan.FromHours(2))).State);
        Assert.Contains(await _world.LedgerAsync(Cancel), entry => entry.What == "Finding" && entry.Why.Contains(Unknown, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_consumer_that_asks_for_the_old_version_by_its_id_is_named()
    {
        await _world.SweepAsync(Cancel);
        _readers.Add(Reader(RotationWorld.CheckoutPrincipal, (await _world.RotationAsync(Cancel)).Plan.OldVersion, 24 * 30));

        var rotation = await RunAsync(TimeSpan.FromHours(2));

        Assert.Contains("checkout (asks for the old version by its id)", rotation.Hold!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_required_consumer_that_reads_what_is_current_is_no_stranger()
    {
        _readers.Add(Reader(RotationWorld.CheckoutPrincipal, null, -5));

        Assert.Equal(RotationState.Retired, (await RunAsync(TimeSpan.FromHours(2))).State);
        Assert.DoesNotContain((await _world.RowAsync(Cancel)).Findings, finding => finding.Code == "unknown-reader");
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("partial")]
    [InlineData("refused")]
    [InlineData("silent")]
    [InlineData("late")]
    public async Task A_log_that_shows_nothing_is_not_taken_for_nobody(string how)
    {
        _instead = how switch
        {
            "empty" => new VaultLogAnswer.NoEvidence("It is empty."),
            "partial" => new VaultLogAnswer.Partial("It is a part."),
            "refused" => new VaultLogAnswer.NotAllowed("It is refused."),
            "silent" => new VaultLogAnswer.Unavailable("It is silent."),
            _ => new VaultLogAnswer.Read([], _world.Clock.GetUtcNow().AddDays(-1)),
        };

        var rotation = await RunAsync(TimeSpan.FromHours(2));

        Assert.Equal((RotationState.Reloaded, HoldReason.OldStillRead), (rotation.State, rotation.Hold?.Reason));
        Assert.Contains("could not be learnt", rotation.Hold!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_people_may_go_on_although_somebody_may_fail_and_the_record_names_who()
    {
        _readers.Add(Reader(Unknown, null, -5));
        await RunAsync(TimeSpan.FromHours(1));

        await _world.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        Assert.Equal(HoldReason.OldStillRead, (await _world.RotationAsync(Cancel)).Hold?.Reason);
        await _world.ChooseAsync("override", RotationWorld.OwnerTwo, Cancel);

        var rotation = await RunAsync(TimeSpan.FromHours(1));
        Assert.Equal(RotationState.Retired, rotation.State);
        Assert.Contains(rotation.Overrides, text => text.Contains(Unknown, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Somebody_whom_people_go_on_without_hides_nobody_else()
    {
        await RunAsync(TimeSpan.FromMinutes(14));
        var rotation = await _world.RotationAsync(Cancel);
        await _world.BeatAsync("checkout", "checkout-7", rotation.Plan.OldVersion);
        await RunAsync(TimeSpan.FromMinutes(3));
        Assert.Contains("checkout-7", (await _world.RotationAsync(Cancel)).Hold!.Detail, StringComparison.Ordinal);
        _readers.Add(Reader(Unknown, null, -5));

        await _world.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        await _world.ChooseAsync("override", RotationWorld.OwnerTwo, Cancel);
        await _world.BeatAsync("checkout", "checkout-7", rotation.Plan.OldVersion);
        await RunAsync(TimeSpan.FromMinutes(2));

        var held = await _world.RotationAsync(Cancel);
        Assert.Equal((RotationState.Reloaded, HoldReason.OldStillRead), (held.State, held.Hold?.Reason));
        Assert.Contains(Unknown, held.Hold!.Detail, StringComparison.Ordinal);
    }

    /// <param name="hours">From now, when it was read last.</param>
    private VaultReader Reader(string who, string? version, int hours) => new(who, null, version, _world.Clock.GetUtcNow().AddHours(-24), _world.Clock.GetUtcNow().AddHours(hours), 3);

    private async Task<Rotation> RunAsync(TimeSpan time)
    {
        if ((await _world.Host.Registry.FindAsync(_world.Credential, Cancel)) is null) await _world.SweepAsync(Cancel);
        for (var end = _world.Clock.GetUtcNow() + time; _world.Clock.GetUtcNow() < end && (await _world.RotationAsync(Cancel)).IsOpen;)
        {
            if ((await _world.RotationAsync(Cancel)).Hold?.Reason is HoldReason.ApprovalNeeded) await _world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
            await _world.PassAsync(TimeSpan.FromMinutes(1), Cancel);
        }

        return await _world.RotationAsync(Cancel);
    }
}
