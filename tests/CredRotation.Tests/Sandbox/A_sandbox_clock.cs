using CredRotation.Sandbox.Systems;

namespace CredRotation.Tests.Sandbox;

/// <summary>What a jump does to everything that lives on the clock.</summary>
public sealed class A_sandbox_clock
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly SandboxClock _clock = new();

    [Fact]
    public async Task Wakes_a_delay_that_a_jump_passes()
    {
        var passed = Task.Delay(TimeSpan.FromDays(30), _clock, Stop);
        var beyond = Task.Delay(TimeSpan.FromDays(45), _clock, Stop);

        _clock.JumpTo(_clock.GetUtcNow().AddDays(31));
        await passed.WaitAsync(TimeSpan.FromSeconds(10), Stop);

        Assert.False(beyond.IsCompleted);
    }

    [Fact]
    public async Task Runs_at_real_speed_in_between()
    {
        await Task.Delay(TimeSpan.FromMilliseconds(20), _clock, Stop).WaitAsync(TimeSpan.FromSeconds(10), Stop);
    }

    [Fact]
    public void Moves_the_timestamp_with_the_time()
    {
        var (before, stamp) = (_clock.GetUtcNow(), _clock.GetTimestamp());

        _clock.JumpTo(before.AddHours(5));

        // The jump is measured from the moment it is made, which is a little after the stamp.
        Assert.InRange(_clock.GetElapsedTime(stamp), TimeSpan.FromHours(5) - TimeSpan.FromSeconds(1), TimeSpan.FromHours(5.1));
    }

    [Fact]
    public void Never_runs_backwards()
    {
        var before = _clock.GetUtcNow();

        _clock.JumpTo(before.AddHours(-1));

        Assert.True(_clock.GetUtcNow() >= before);
    }

    [Fact]
    public void Is_idle_only_when_every_scope_has_ended()
    {
        var first = _clock.Busy("a visit");
        var second = _clock.Busy("a visit");
        first.Dispose();
        first.Dispose();

        Assert.False(_clock.IsIdle);
        Assert.Equal(["a visit"], _clock.BusyWith);
        second.Dispose();
        Assert.True(_clock.IsIdle);
    }

    [Fact]
    public async Task Rings_a_periodic_timer_again_after_a_jump()
    {
        var rings = new SemaphoreSlim(0);
        await using var timer = _clock.CreateTimer(_ => rings.Release(), null, TimeSpan.FromHours(1), TimeSpan.FromHours(1));

        _clock.JumpTo(_clock.GetUtcNow().AddHours(1));
        await rings.WaitAsync(Stop);
        _clock.JumpTo(_clock.GetUtcNow().AddHours(1).AddSeconds(1));
        await rings.WaitAsync(Stop);
    }
}
