namespace CredRotation.Client;

/// <summary>Which secret an app runs, and whom it tells.</summary>
public sealed class ReloadingCredentialOptions
{
    /// <summary>The secret's name in the vault of the given <c>SecretClient</c>.</summary>
    public required string Secret { get; init; }

    /// <summary>CredRotation's base address; acknowledgements go to <c>/api/acknowledgements</c> below it.</summary>
    public required Uri Rotator { get; init; }

    /// <summary>The scope of the token that acknowledgements carry, for example <c>api://cred-rotation/.default</c>.</summary>
    public required string RotatorScope { get; init; }

    /// <summary>Names this instance among the app's instances: 1 to 100 characters, the same as long as the process lives.</summary>
    public required string Instance { get; init; }

    /// <summary>The pause after the first acknowledgement that was not accepted; doubles up to <see cref="RetryDelayMax"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Tries per signal; CredRotation signals again when it hears nothing.</summary>
    public int AttemptsMax { get; init; } = 12;

    /// <summary>The longest a single acknowledgement may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the app looks by itself which version is newest, give or take a fifth, unless a signal came meanwhile; zero never. At least <see cref="PollIntervalMin"/>.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Says to CredRotation every minute that this instance is there and which version it runs, hears by that what it is to run, and reports
    /// versions that do not work. Without it CredRotation knows only of instances that its signals reach.
    /// </summary>
    public bool Heartbeat { get; init; } = true;

    /// <summary>Looking more often costs the vault more than it gains.</summary>
    public static TimeSpan PollIntervalMin { get; } = TimeSpan.FromSeconds(10);
}
