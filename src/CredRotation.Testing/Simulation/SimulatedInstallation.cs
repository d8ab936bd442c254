using CredRotation.Engine;

namespace CredRotation.Testing.Simulation;

/// <summary>One installation of the app: its own ledger, queue, vaults, hosts and consumer, beside others on the same vendor.</summary>
internal sealed class SimulatedInstallation
{
    /// <summary>A target that no installation is bound to.</summary>
    public const string OtherTarget = "target-7";

    private static readonly string[] InstanceNames = ["checkout-1", "checkout-2"];

    public SimulatedInstallation(int number, string target, VaultModel vaults, VendorModel vendor, TimeProvider clock)
    {
        (Number, Target) = (number, target);
        Queue = new SimulatedQueue(clock);
        Rows = new InMemoryRowStore(clock);
        Secret = SecretName.Of(new Uri($"https://{VaultHost}/"), SimulatedSettings.SecretName);
        First = vendor.Add(target);
        var tags = new Dictionary<string, string>
        {
            ["rotate-account"] = SimulatedSettings.Account,
            ["rotate-target"] = target,
            ["rotate-owner"] = RotationWorld.OwnerGroup,
            ["rotate-consumers"] = SimulatedSettings.Alias,
        };
        Tags = tags;
        vaults.AddVault(VaultHost, $"payments{number}");
        vaults.AddVault(StagingHost, $"staging{number}");
        vaults.Set(VaultHost, SimulatedSettings.SecretName, new VaultContent(First.Value, null, true, null, (clock.GetUtcNow() + TimeSpan.FromDays(20)).ToUnixTimeSeconds(), tags), new VaultCaller("person", "by-hand"));
        Consumer = new VendorConsumer(vaults, vendor, SimulatedSettings.Alias, VaultHost, SimulatedSettings.SecretName);
        foreach (var instance in InstanceNames) Consumer.Start(instance);
    }

    public int Number { get; }

    public string Target { get; }

    public string VaultHost => SimulatedSettings.HostOf(Number);

    public string StagingHost => SimulatedSettings.StagingOf(Number);

    public SecretName Secret { get; }

    public CredentialId Credential => CredentialId.Of(Secret);

    public IReadOnlyDictionary<string, string> Tags { get; }

    public VendorCredential First { get; }

    public InMemoryRowStore Rows { get; }

    public SimulatedQueue Queue { get; }

    public VendorConsumer Consumer { get; }

    public List<SimulatedHost> Hosts { get; } = [];

    /// <summary>Where people, consumers and pages reach the app; nothing happens to it.</summary>
    public SimulatedHost Front { get; set; } = null!;

    public LedgerText Ledger { get; } = new();

    /// <summary>The start of the next wake-up of sleepers.</summary>
    public DateTimeOffset WakeUpOn { get; set; }

    public DateTimeOffset PersonBusyUntil { get; set; }

    public DateTimeOffset? SweptOn { get; set; }

    /// <summary>How many choices people made in the hold that stands.</summary>
    public int Choices { get; set; }

    public int HostsMade { get; set; }
}
