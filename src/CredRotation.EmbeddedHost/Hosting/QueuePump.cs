using CredRotation.Adapters.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Hosting;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Takes messages off each queue that a function listens to, two at a time; what fails comes back later and, after its last attempt, is set aside.</summary>
internal sealed partial class QueuePump(FunctionCatalog catalog, FunctionRunner runner, IMessageQueue queues, HostActivity activity, HostJson host, TimeProvider time, ILogger<QueuePump> logger) : BackgroundService
{
    private const int Lanes = 2;
    private static readonly TimeSpan s_pollEvery = TimeSpan.FromMilliseconds(200);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => Task.WhenAll(catalog.By<QueueTriggerAttribute>()
            .SelectMany(function => Enumerable.Repeat(function, Lanes))
            .Select(function => LaneAsync(function.Function, queues.Named(function.Trigger.QueueName), stoppingToken)));

    private async Task LaneAsync(FunctionEntry function, IMessageQueue queue, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var isIdle = true;
            try
            {
                isIdle = !await TakeOneAsync(function, queue, stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogQueueFailed(logger, failure);
            }

            if (isIdle) await Task.Delay(s_pollEvery, time, stoppingToken);
        }
    }

    /// <summary>False when no message is visible.</summary>
    private async Task<bool> TakeOneAsync(FunctionEntry function, IMessageQueue queue, CancellationToken stoppingToken)
    {
        // From before the message disappears from the queue, so that at no moment it is in neither.
        using var working = activity.Enter();
        if (await queue.ReceiveAsync(host.FunctionTimeout, stoppingToken) is not { } work) return false;

        try
        {
            await runner.RunAsync(function, work.Body, stoppingToken);
            await queue.CompleteAsync(work, CancellationToken.None);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped, not failed: the next host takes it at once.
            await queue.ReturnAsync(work, TimeSpan.Zero, CancellationToken.None);
        }
        catch (Exception failure)
        {
            LogFailed(logger, function.Name, work.DequeueCount, host.DequeueCountMax, failure);
            if (work.DequeueCount < host.DequeueCountMax) await queue.ReturnAsync(work, host.RetryAfter, CancellationToken.None);
            else await queue.MoveToPoisonAsync(work, CancellationToken.None);
        }

        return true;
    }

    [LoggerMessage(1, LogLevel.Error, "{Function} failed on attempt {Attempt} of {AttemptsMax}.")]
    private static partial void LogFailed(ILogger logger, string function, int attempt, int attemptsMax, Exception failure);

    [LoggerMessage(2, LogLevel.Error, "A queue could not be read; it is tried again.")]
    private static partial void LogQueueFailed(ILogger logger, Exception failure);
}
