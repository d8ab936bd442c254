using CredRotation.Engine.Detect;

namespace CredRotation.Tests.Engine;

/// <summary>More work than the queue gets done before the timer comes again.</summary>
public sealed class A_backlog : EngineTest
{
    [Fact]
    public async Task Does_not_grow_with_every_wake()
    {
        await OpenAsync();
        Assert.Equal(1, await World.Host.Sleepers.WakeAsync(Cancel));

        for (var minute = 0; minute < 5; minute++)
        {
            World.Clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(0, await World.Host.Sleepers.WakeAsync(Cancel));
        }

        Assert.Equal(1, World.Queue.Count);
    }

    [Fact]
    public async Task Heals_what_the_queue_lost()
    {
        await OpenAsync();
        await World.Host.Sleepers.WakeAsync(Cancel);
        World.Queue.LoseAll();

        World.Clock.Advance(Sleepers.SendAgainAfter);

        Assert.Equal(1, await World.Host.Sleepers.WakeAsync(Cancel));
    }

    [Fact]
    public async Task Is_sent_once_more_by_a_process_that_starts_anew()
    {
        await OpenAsync();
        await World.Host.Sleepers.WakeAsync(Cancel);

        Assert.Equal(1, await World.AddHost().Sleepers.WakeAsync(Cancel));
    }

    [Fact]
    public async Task Is_woken_again_once_a_visit_was_there()
    {
        await OpenAsync();
        await World.Host.Sleepers.WakeAsync(Cancel);
        await World.DrainAsync(Cancel);
        World.Queue.LoseAll();

        World.Clock.SetUtcNow((await World.RowAsync(Cancel)).WakeOn!.Value + TimeSpan.FromSeconds(1));

        Assert.Equal(1, await World.Host.Sleepers.WakeAsync(Cancel));
    }

    /// <summary>A rotation that waits for an owner, its wake due and its messages gone.</summary>
    private async Task OpenAsync()
    {
        await World.SweepAsync(Cancel);
        World.Queue.LoseAll();
        World.Clock.SetUtcNow((await World.RowAsync(Cancel)).WakeOn!.Value + TimeSpan.FromSeconds(1));
    }
}
