namespace CredRotation.Testing.Simulation;

/// <summary>One piece of work of one host: whatever lands later, in its name, is still known as its doing.</summary>
internal sealed class SimulatedVisit(int number, SimulatedHost host)
{
    /// <summary>Two minutes, and a few seconds for times that are written in whole ones.</summary>
    private static readonly TimeSpan ClockAgreement = TimeSpan.FromSeconds(125);

    private static readonly AsyncLocal<SimulatedVisit?> Flowing = new();

    private readonly bool _wasClockWrong = IsWrong(host.Clock);

    /// <summary>Whose doing the present effect is; null: a person's or a consumer's.</summary>
    public static SimulatedVisit? Current
    {
        get => Flowing.Value;
        set => Flowing.Value = value;
    }

    public int Number => number;

    public SimulatedHost Host => host;

    /// <summary>The order of its claim among all claims of the credential; zero while it has none.</summary>
    public int Claim { get; set; }

    /// <summary>The host's clock was wrong before anything was asked in this visit: whatever it decides by the time, a remote's clock could have told.</summary>
    public bool IsClockWrong => _wasClockWrong && IsWrong(host.Clock);

    /// <summary>The required consumer answered a rehearsal in this visit.</summary>
    public bool HasRehearsed { get; set; }

    private static bool IsWrong(HostClock clock) => clock.Offset.Duration() > ClockAgreement;

    public override string ToString() => $"{host.Name}/visit {number}";
}
