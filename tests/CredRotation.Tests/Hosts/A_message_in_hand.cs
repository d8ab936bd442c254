using CredRotation.Adapters.Storage;
using CredRotation.EmbeddedHost.Hosting;
using CredRotation.Engine;
using CredRotation.Tests.Pages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Hosts;

public sealed class A_message_in_hand
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_finished_before_the_host_stops()
    {
        var folder = Directory.CreateTempSubdirectory("credrotation-pump-").FullName;
        var clock = new FakeTimeProvider(SampleRotations.Now);
        using var database = new SqliteDatabase(Path.Combine(folder, "queue.db"));
        var queue = new SqliteWorkQueue(database, clock);
        var activity = new HostActivity();
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var runner = Recorded.Runner(activity, _ =>
        {
            begun.TrySetResult();
            return goOn.Task;
        });
        using var pump = new QueuePump(Recorded.Catalog(nameof(Recorded.OnMessageAsync)), runner, queue, activity, new HostJson("api", TimeSpan.FromMinutes(10), 5, TimeSpan.FromMinutes(1)), clock, NullLogger<QueuePump>.Instance);
        await queue.SendAsync(CredentialId.Of(SampleRotations.Secret), TimeSpan.Zero, Cancel);
        await pump.StartAsync(Cancel);
        await begun.Task.WaitAsync(Cancel);

        var stopping = pump.StopAsync(Cancel);
        var wasOverEarly = stopping.IsCompleted;
        goOn.SetResult();
        await stopping;

        Assert.False(wasOverEarly);
        Assert.Null(await queue.NextVisibleOnAsync(Cancel));
        Assert.Equal(0, await queue.CountAsync(Cancel));
    }

    [Theory]
    [InlineData(null, 65)]
    [InlineData("00:00:20", 45)]
    [InlineData("no time", 65)]
    public void Is_given_time_for_an_effect_and_what_must_follow_it(string? effectTimeout, int seconds)
    {
        var settings = new Dictionary<string, string>();
        if (effectTimeout is not null) settings["Rotation__EffectTimeout"] = effectTimeout;
        using var host = HostSettings.InProcess(settings).Build();

        Assert.Equal(TimeSpan.FromSeconds(seconds), host.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
    }
}
