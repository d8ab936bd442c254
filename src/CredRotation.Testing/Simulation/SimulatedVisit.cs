namespace CredRotation.Testing.Simulation;

/// <summary>One piece of work of one host: whatever lands later, in its name, is still known as its doing.</summary>
internal sealed class SimulatedVisit(int number, SimulatedHost host)
{
    private static readonly AsyncLocal<SimulatedVisit?> Flowing = new();

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

    /// <summary>The required consumer answered a rehearsal in this visit.</summary>
    public bool HasRehearsed { get; set; }

    public override string ToString() => $"{host.Name}/visit {number}";
}
