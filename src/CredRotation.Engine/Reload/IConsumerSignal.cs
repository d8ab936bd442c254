namespace CredRotation.Engine.Reload;

/// <summary>What a consumer is told. No value and nothing secret: it reads the vault itself.</summary>
/// <param name="Version">The version to run; in a rehearsal the one it runs now.</param>
/// <param name="Rehearsal">Only answer who would reload.</param>
/// <param name="WrittenOn">Since when that version is current; null in a rehearsal.</param>
public sealed record ReloadSignal(RotationId Rotation, SecretName Secret, string Version, bool Rehearsal, DateTimeOffset? WrittenOn = null);

/// <summary>What a platform says of one unit of a consumer: a setting, a replica, a pod.</summary>
/// <param name="Instance">Names the unit, 1 to 100 printable characters, the same at every look.</param>
/// <param name="RunsIt">It runs the version that the signal names.</param>
/// <param name="Detail">What was seen, for people: bounded, and nothing of a value.</param>
public sealed record InstanceReading(string Instance, bool RunsIt, string Detail);

/// <summary>How a consumer answered a signal.</summary>
public abstract record SignalAnswer
{
    private SignalAnswer()
    {
    }

    /// <summary>It heard us; these instances run the credential (1 to 200, each 1 to 100 characters) and will acknowledge.</summary>
    public sealed record Answered(IReadOnlyList<string> Instances) : SignalAnswer;

    /// <summary>The message was taken and names nobody: whoever holds a lease is to acknowledge.</summary>
    public sealed record Told : SignalAnswer;

    /// <summary>Its platform was asked what it runs (1 to 200 units); nobody acknowledges.</summary>
    /// <param name="LookAgainAfter">When another look may show more, while a unit does not run it yet.</param>
    public sealed record ReadBack(IReadOnlyList<InstanceReading> Instances, TimeSpan LookAgainAfter) : SignalAnswer;

    /// <summary>No usable answer in time; <paramref name="Detail"/> is for people.</summary>
    public sealed record Silent(string Detail) : SignalAnswer;
}

/// <summary>Reaches configured consumers. Never throws for what a consumer does. The same signal again is harmless.</summary>
public interface IConsumerSignal
{
    Task<SignalAnswer> SignalAsync(string alias, ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken);
}
