using CredRotation.EmbeddedHost.Hosting;
using CredRotation.Tests.Pages;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Hosts;

public sealed class A_timer
{
    [Fact]
    public async Task That_missed_ticks_fires_once_and_goes_on_with_the_next()
    {
        var clock = new FakeTimeProvider(SampleRotations.Now);
        var ticks = new List<DateTimeOffset>();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("TestSchedule", "0 */5 * * * *")]).Build();
        var runner = Recorded.Runner(new HostActivity(), _ =>
        {
            lock (ticks) ticks.Add(clock.GetUtcNow());
            return Task.CompletedTask;
        });
        using var loops = new TimerLoops(Recorded.Catalog(nameof(Recorded.OnTimerAsync)), runner, configuration, clock, NullLogger<TimerLoops>.Instance);

        await loops.StartAsync(TestContext.Current.CancellationToken);
        var jumps = await Recorded.UntilAsync(clock, TimeSpan.FromMinutes(63), () => ticks.Count > 0);
        var late = ticks.Count;
        await Recorded.UntilAsync(clock, TimeSpan.FromSeconds(1), () => ticks.Count > late);
        await loops.StopAsync(TestContext.Current.CancellationToken);

        Assert.InRange(late, 1, jumps);
        // The clock goes on by whole seconds while the tick is on its way, so the minute says which tick it was.
        Assert.Equal(0, ticks[^1].Minute % 5);
    }
}
