using CredRotation.Sandbox.Systems;
using CredRotation.Testing;

namespace CredRotation.Sandbox.World;

/// <summary>What a sandbox is like; everything has a default that is close to production.</summary>
public sealed record SandboxOptions
{
    /// <summary>Key values and version ids follow from it.</summary>
    public int Seed { get; init; } = 1;

    public GatewayOptions Gateway { get; init; } = new();

    /// <summary>How the payment key is rotated at the gateway: <see cref="SandboxNames.Provider"/> or <see cref="SandboxNames.CredentialProvider"/>.</summary>
    public string Provider { get; init; } = SandboxNames.Provider;

    /// <summary>Whether each rotation makes another credential, which lives until it is disabled.</summary>
    public bool HasCredentials => Provider == SandboxNames.CredentialProvider;

    /// <summary>Whether gateway and webhook speak https; vault and directory always do.</summary>
    public bool HasTlsEverywhere { get; init; } = true;

    /// <summary>How long the payment key's vault secret still lives at the start.</summary>
    public TimeSpan SecretLife { get; init; } = TimeSpan.FromDays(20);

    /// <summary>How busy the shop is: from one payment of a till to its next.</summary>
    public TimeSpan PaymentPace { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>CredRotation's address; null reserves a free port.</summary>
    public Uri? Rotator { get; init; }

    /// <summary>Where CredRotation keeps its state; null takes a file that goes with the sandbox.</summary>
    public string? SqlitePath { get; init; }

    /// <summary>Settings of the payments policy that differ from the defaults, by the names of <c>PolicyOptions</c>.</summary>
    public IReadOnlyDictionary<string, string> Policy { get; init; } = new Dictionary<string, string>();

    /// <summary>Parameters of the gateway account beside its address and merchant, for example <c>landingMax</c>.</summary>
    public IReadOnlyDictionary<string, string> AccountParameters { get; init; } = new Dictionary<string, string>();

    /// <summary>How the vaults' events travel to the app; null raises none.</summary>
    public EventPosterOptions? Events { get; init; }

    /// <summary>Further settings of the app; they win.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
