using Cronos;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Runs timer functions by their schedules on the app's clock. Runs of one timer never overlap; ticks missed meanwhile fire once.</summary>
internal sealed partial class TimerLoops(FunctionCatalog catalog, FunctionRunner runner, IConfiguration configuration, TimeProvider time, ILogger<TimerLoops> logger) : BackgroundService
{
    private static readonly TimeSpan s_napMax = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_napMin = TimeSpan.FromMilliseconds(1);

    private IReadOnlyList<(FunctionEntry Function, CronExpression Schedule)> _timers = [];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Here and not in the loop: a schedule that cannot be read stops the start.
        _timers = [.. catalog.By<TimerTriggerAttribute>().Select(timer => (timer.Function, Parse(timer.Function.Name, timer.Trigger.Schedule)))];
        return base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => Task.WhenAll(_timers.Select(timer => LoopAsync(timer.Function, timer.Schedule, stoppingToken)));

    private async Task LoopAsync(FunctionEntry function, CronExpression schedule, CancellationToken stoppingToken)
    {
        while (schedule.GetNextOccurrence(time.GetUtcNow(), TimeZoneInfo.Utc) is { } next)
        {
            // A timer may fire a little early, and one timer cannot wait for weeks.
            for (var left = next - time.GetUtcNow(); left > TimeSpan.Zero; left = next - time.GetUtcNow())
            {
                await Task.Delay(left > s_napMax ? s_napMax : left < s_napMin ? s_napMin : left, time, stoppingToken);
            }

            try
            {
                await runner.RunAsync(function, new TimerInfo(), stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, function.Name, failure);
            }
        }
    }

    private CronExpression Parse(string function, string schedule)
    {
        var text = schedule is ['%', .. var setting, '%'] ? configuration[setting] : schedule;
        var fields = text?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        return CronExpression.TryParse(text ?? "", fields == 5 ? CronFormat.Standard : CronFormat.IncludeSeconds, out var cron)
            ? cron
            : throw new InvalidOperationException($"The schedule of {function}, {schedule}, is '{text}'. It needs six fields: second, minute, hour, day, month, day of week.");
    }

    [LoggerMessage(1, LogLevel.Error, "{Function} failed; it runs again at its next tick.")]
    private static partial void LogFailed(ILogger logger, string function, Exception failure);
}
