using CredRotation.Engine;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Intake;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CredRotation.Testing.Simulation;

/// <summary>One process of the app: the shipped engine over ports that pass this host's own fault injector. Dead, it does nothing any more.</summary>
internal sealed class SimulatedHost : IDisposable
{
    private static readonly IConfiguration Nothing = new ConfigurationBuilder().Build();
    private readonly ServiceProvider _services;

    public SimulatedHost(string name, SimulatedInstallation installation, SimulatedPorts ports, IVaultInventory inventory, HostClock clock, FaultInjector faults)
    {
        (Name, Installation, Clock, Faults) = (name, installation, clock, faults);
        var services = new ServiceCollection();
        services.AddSingleton(ports.Clock);
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddRotationEngine(Nothing);
        services.AddSingleton(Options.Create(ports.Options));
        services.AddSingleton(ports.Rows);
        services.AddSingleton(ports.Queue);
        services.AddSingleton(ports.Vault);
        services.AddSingleton(inventory);
        services.AddSingleton(ports.Directory);
        services.AddSingleton(ports.Consumers);
        services.AddSingleton(ports.Notifier);
        services.AddSingleton(ports.Events);
        services.AddSingleton<IProviderCatalog>(new WorldCatalog(ports.Provider));
        _services = services.BuildServiceProvider();
        Engine = _services.GetRequiredService<RotationEngine>();
    }

    public string Name { get; }

    public SimulatedInstallation Installation { get; }

    public HostClock Clock { get; }

    public FaultInjector Faults { get; }

    public RotationEngine Engine { get; }

    public CredentialSweep Sweep => _services.GetRequiredService<CredentialSweep>();

    public Sleepers Sleepers => _services.GetRequiredService<Sleepers>();

    public SealedIntake Intake => _services.GetRequiredService<SealedIntake>();

    public ICredentialRegistry Registry => _services.GetRequiredService<ICredentialRegistry>();

    /// <summary>What it is doing; null when it is free.</summary>
    public Task? Work { get; set; }

    public CredentialId? Credential { get; set; }

    /// <summary>What happens to the call that it makes now.</summary>
    public PlannedMishap? Mishap { get; set; }

    public bool IsDead { get; set; }

    public bool IsFree => !IsDead && Work is null;

    public void Dispose() => _services.Dispose();
}
