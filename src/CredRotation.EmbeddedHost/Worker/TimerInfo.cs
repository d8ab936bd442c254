namespace Microsoft.Azure.Functions.Worker;

/// <summary>What a timer function is told about its tick.</summary>
public sealed class TimerInfo
{
    /// <summary>The tick came later than its schedule said.</summary>
    public bool IsPastDue { get; init; }
}
