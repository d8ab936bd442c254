using CredRotation.Engine.Adopt;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Bindings;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Detect.Announce;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Health;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Evidence;
using CredRotation.Engine.Incidents;
using CredRotation.Engine.Intake;
using CredRotation.Engine.Issue;
using CredRotation.Engine.Ladder;
using CredRotation.Engine.Owners;
using CredRotation.Engine.Promote;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Rehearse;
using CredRotation.Engine.Releases;
using CredRotation.Engine.Reload;
using CredRotation.Engine.Retire;
using CredRotation.Engine.Rollbacks;
using CredRotation.Engine.Setup;
using CredRotation.Engine.Verify;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine;

/// <summary>Puts the engine together. Ports come from elsewhere: row store, queue, vault, directory, consumers, notifier, providers.</summary>
public static class EngineRegistration
{
    public static IServiceCollection AddRotationEngine(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RotationOptions>().Bind(configuration.GetSection(RotationOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RotationOptions>, RotationOptionsValidator>();
        services.AddOptions<HealthOptions>().Bind(configuration.GetSection(HealthOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);

        services.AddSingleton<CredentialRegistry>();
        services.AddSingleton<ICredentialRegistry>(provider => provider.GetRequiredService<CredentialRegistry>());
        services.AddSingleton<FindingStore>();
        services.AddSingleton<WatchedObjects>();
        services.AddSingleton(provider => new OwnerBook(provider.GetRequiredService<IRowStore>()));
        services.AddSingleton<OwnerTruth>();
        services.AddSingleton(provider => new LadderBook(provider.GetRequiredService<IRowStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new LeaseBook(provider.GetRequiredService<IRowStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Leases>();
        services.AddSingleton(provider => new OldReaders(provider.GetRequiredService<Remotes>(), provider.GetRequiredService<ICredentialVault>(), provider.GetRequiredService<Leases>(), provider.GetRequiredService<IOptions<RotationOptions>>(), provider.GetRequiredService<TimeProvider>(), provider.GetService<IVaultLog>()));
        services.AddSingleton<Heartbeats>();
        services.AddSingleton<ChainAnchors>();
        services.AddSingleton<InstallationKey>();
        services.AddSingleton<Remotes>();
        services.AddSingleton<Answerable>();
        services.AddSingleton<InboxFold>();
        services.AddSingleton<BindingStep>();
        services.AddSingleton<ReleaseStep>();
        services.AddSingleton<AccountTurns>();
        services.AddSingleton<Lanes>();
        services.AddSingleton<Targets>();
        services.AddSingleton<Staging>();
        services.AddSingleton<HandedInCheck>();
        services.AddSingleton<Recovery>();
        services.AddSingleton<Leftovers>();
        services.AddSingleton<Visits>();
        services.AddSingleton<Alarm>();

        // In the order in which a rotation runs.
        services.AddSingleton<SecretLook>();
        services.AddSingleton<FindingAnnouncer>();
        services.AddSingleton<ObjectWatch>();
        services.AddSingleton<DetectStep>();
        // Before anybody is asked: what came too late is examined first.
        services.AddSingleton<IRotationStep, ExamineStep>();
        services.AddSingleton<ChangeGate>();
        services.AddSingleton<AuthorizeStep>();
        services.AddSingleton<IRotationStep>(provider => provider.GetRequiredService<AuthorizeStep>());
        services.AddSingleton<IRotationStep, IssueStep>();
        services.AddSingleton<IRotationStep, VerifyStep>();
        services.AddSingleton<IRotationStep, PromoteStep>();
        // Before consumers are told, and before anything is retired.
        services.AddSingleton<IRotationStep, RollbackStep>();
        services.AddSingleton<IRotationStep, ReloadStep>();
        services.AddSingleton<IRotationStep, RetireStep>();
        services.AddSingleton<IRotationStep, CloseStep>();

        // Ways in are public, what they stand on is not: their constructors are called here.
        services.AddSingleton(provider => new RotationEngine(
            provider.GetRequiredService<Visits>(), provider.GetRequiredService<InboxFold>(), provider.GetRequiredService<BindingStep>(), provider.GetRequiredService<ReleaseStep>(), provider.GetRequiredService<DetectStep>(), provider.GetServices<IRotationStep>(),
            provider.GetRequiredService<Alarm>(), provider.GetRequiredService<CredentialRegistry>(), provider.GetRequiredService<IWorkQueue>(),
            provider.GetRequiredService<IOptions<RotationOptions>>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RotationEngine>>()));
        services.AddSingleton(provider => new SealedIntake(
            provider.GetRequiredService<ICredentialVault>(), provider.GetRequiredService<ICredentialRegistry>(), provider.GetRequiredService<InstallationKey>(),
            provider.GetRequiredService<IOptions<RotationOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new CredentialSweep(
            provider.GetRequiredService<IVaultInventory>(), provider.GetService<IAppRegistrations>(), provider.GetRequiredService<SecretLook>(), provider.GetRequiredService<CredentialRegistry>(), provider.GetRequiredService<ObjectWatch>(), provider.GetRequiredService<IWorkQueue>(), provider.GetRequiredService<Heartbeats>(), provider.GetRequiredService<ChainAnchors>(),
            provider.GetRequiredService<IOptions<RotationOptions>>(), provider.GetRequiredService<ILogger<CredentialSweep>>()));
        services.AddSingleton(provider => new CurrentFinder(provider.GetRequiredService<ICredentialVault>(), provider.GetRequiredService<Targets>(), provider.GetRequiredService<Remotes>()));
        services.AddSingleton(provider => new Adoption(
            provider.GetRequiredService<ICredentialVault>(), provider.GetRequiredService<CredentialRegistry>(), provider.GetRequiredService<SecretLook>(), provider.GetRequiredService<Rehearsal>(), provider.GetRequiredService<CurrentFinder>(),
            provider.GetRequiredService<IProviderCatalog>(), provider.GetRequiredService<InstallationKey>(), provider.GetRequiredService<IOptions<RotationOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Rehearsal(
            provider.GetRequiredService<ICredentialVault>(), provider.GetRequiredService<CredentialRegistry>(), provider.GetRequiredService<Answerable>(), provider.GetRequiredService<IProviderCatalog>(),
            provider.GetRequiredService<SetupCheck>(), provider.GetRequiredService<IOptions<RotationOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new HealthReader(
            provider.GetRequiredService<Heartbeats>(), provider.GetRequiredService<IOptions<HealthOptions>>(), provider.GetRequiredService<IOptions<RotationOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new SetupCheck(
            provider.GetServices<ISetupProbe>(), provider.GetRequiredService<IRowStore>(), provider.GetRequiredService<INotifier>(), provider.GetRequiredService<IOptions<RotationOptions>>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SetupCheck>>()));
        services.AddSingleton(provider => new EventsHeard(provider.GetRequiredService<Heartbeats>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new DeliveryProof(provider.GetRequiredService<IRowStore>(), provider.GetRequiredService<INotifier>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Sleepers(
            provider.GetRequiredService<CredentialRegistry>(), provider.GetRequiredService<IWorkQueue>(), provider.GetRequiredService<Heartbeats>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Sleepers>>()));
        services.AddSingleton(provider => new LadderClimber(
            provider.GetRequiredService<CredentialRegistry>(), provider.GetRequiredService<OwnerTruth>(), provider.GetRequiredService<OwnerBook>(), provider.GetRequiredService<LadderBook>(), provider.GetRequiredService<IOwnerDirectory>(), provider.GetRequiredService<FindingAnnouncer>(),
            provider.GetRequiredService<INotifier>(), provider.GetRequiredService<Heartbeats>(), provider.GetRequiredService<IOptions<RotationOptions>>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LadderClimber>>()));
        services.AddSingleton(provider => new VaultHints(
            provider.GetRequiredService<CredentialRegistry>(), provider.GetRequiredService<CredentialSweep>(), provider.GetRequiredService<IOptions<RotationOptions>>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<VaultHints>>()));
        return services;
    }
}
