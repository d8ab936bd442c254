using CredRotation.Adapters.Storage;
using CredRotation.EmbeddedHost.Hosting;
using CredRotation.Engine;
using CredRotation.Tests.Pages;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Hosts;

public sealed class A_message_that_fails
{
    [Fact]
    public async Task Is_tried_five_times_and_then_set_aside()
    {
        var folder = Directory.CreateTempSubdirectory("credrotation-pump-").FullName;
        var clock = new FakeTimeProvider(SampleRotations.Now);
        using var database = new SqliteDatabase(Path.Combine(folder, "queue.db"));
        var queue = new SqliteWorkQueue(database, clock);
        var activity = new HostActivity();
        var attempts = 0;
        var runner = Recorded.Runner(activity, _ =>
        {
            Interlocked.Increment(ref attempts);
            throw new InvalidOperationException("Fails every time.");
        });
        using var pump = new QueuePump(Recorded.Catalog(nameof(Recorded.OnMessageAsync)), runner, queue, activity, new HostJson("api", TimeSpan.FromMinutes(10), 5, TimeSpan.FromMinutes(1)), clock, NullLogger<QueuePump>.Instance);
        await queue.SendAsync(CredentialId.Of(SampleRotations.Secret), TimeSpan.Zero, TestContext.Current.CancellationToken);

        await pump.StartAsync(TestContext.Current.CancellationToken);
        await Recorded.UntilAsync(clock, TimeSpan.FromSeconds(10), () => attempts == 5 && activity.InFlight == 0 && queue.Named("rotations-poison").CountAsync(CancellationToken.None).GetAwaiter().GetResult() == 1);
        await pump.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(5, attempts);
        Assert.Null(await queue.NextVisibleOnAsync(TestContext.Current.CancellationToken));
    }
}
