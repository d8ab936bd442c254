namespace CredRotation.Engine;

/// <summary>When to come back after remote trouble. Pure: facts in, a pause out.</summary>
public static class RetryPolicy
{
    /// <summary>Failures in a row at one state after which a person is asked.</summary>
    public const int FailuresMax = 8;

    /// <summary>The longest pause.</summary>
    public static readonly TimeSpan DelayMax = TimeSpan.FromHours(1);

    /// <summary>The pause after the <paramref name="failures"/>-th failure in a row: doubles from <paramref name="first"/>, never shorter than the remote asked for.</summary>
    public static TimeSpan Delay(TimeSpan first, int failures, TimeSpan? retryAfter)
    {
        var doubled = first * Math.Pow(2, Math.Clamp(failures - 1, 0, 16));
        var asked = retryAfter ?? TimeSpan.Zero;
        var delay = doubled > asked ? doubled : asked;
        return delay < DelayMax ? delay : DelayMax;
    }
}
