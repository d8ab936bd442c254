using System.Reflection;
using CredRotation.EmbeddedHost.Hosting;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Hosts;

/// <summary>A function of the test's own, and the runner that runs it.</summary>
public sealed class Recorded(Func<string, Task> run)
{
    public Task OnTimerAsync([TimerTrigger("%TestSchedule%")] TimerInfo timer, CancellationToken cancellationToken) => run("tick");

    public Task OnMessageAsync([QueueTrigger("rotations")] string body, CancellationToken cancellationToken) => run(body);

    internal static FunctionCatalog Catalog(string method)
    {
        var found = typeof(Recorded).GetMethod(method)!;
        return new FunctionCatalog([new FunctionEntry(method, found.GetParameters()[0].GetCustomAttributes().Single(attribute => attribute is TimerTriggerAttribute or QueueTriggerAttribute), found)]);
    }

    internal static FunctionRunner Runner(HostActivity activity, Func<string, Task> run)
        => new(new ServiceCollection().AddSingleton(run).BuildServiceProvider().GetRequiredService<IServiceScopeFactory>(), activity);

    /// <summary>Moves the clock in steps until something has come true; answers how many it took.</summary>
    internal static async Task<int> UntilAsync(Microsoft.Extensions.Time.Testing.FakeTimeProvider clock, TimeSpan step, Func<bool> isTrue)
    {
        var steps = 0;
        for (; !isTrue() && steps < 2_000; steps++)
        {
            clock.Advance(step);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.True(isTrue());
        return steps;
    }
}
