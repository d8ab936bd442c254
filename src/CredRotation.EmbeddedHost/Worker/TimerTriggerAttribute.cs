namespace Microsoft.Azure.Functions.Worker;

/// <summary>Runs a function by a six-field cron schedule, or by the setting that <c>%Name%</c> names.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class TimerTriggerAttribute(string schedule) : Attribute
{
    public string Schedule { get; } = schedule;
}
