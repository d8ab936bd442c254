namespace CredRotation.Engine.Reload;

/// <summary>What a consumer is told. No value and nothing secret: it reads the vault itself.</summary>
/// <param name="Version">The version to run; in a rehearsal the one it runs now.</param>
/// <param name="Rehearsal">Only answer who would reload.</param>
public sealed record ReloadSignal(RotationId Rotation, SecretName Secret, string Version, bool Rehearsal);

/// <summary>How a consumer answered a signal.</summary>
public abstract record SignalAnswer
{
    private SignalAnswer()
    {
    }

    /// <summary>It heard us; these instances run the credential (1 to 200, each 1 to 100 characters).</summary>
    public sealed record Answered(IReadOnlyList<string> Instances) : SignalAnswer;

    /// <summary>No usable answer in time; <paramref name="Detail"/> is for people.</summary>
    public sealed record Silent(string Detail) : SignalAnswer;
}

/// <summary>Reaches configured consumers. Never throws for what a consumer does.</summary>
public interface IConsumerSignal
{
    Task<SignalAnswer> SignalAsync(string alias, ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken);
}
