using System.Collections.Concurrent;

namespace CredRotation.Sandbox.Replay;

/// <summary>Keeps every line that the app logs, so that a replay can search them for keys.</summary>
internal sealed class KeptLog(ConcurrentQueue<string> lines) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Keeper(categoryName, lines);

    public void Dispose()
    {
        // The lines outlive the app they come from.
    }

    private sealed class Keeper(string category, ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
            // In a day that goes well nothing warns; what does is worth seeing at once.
            if (logLevel >= LogLevel.Warning) Console.Error.WriteLine($"  {logLevel}: {formatter(state, exception)} {exception}");
        }
    }
}
