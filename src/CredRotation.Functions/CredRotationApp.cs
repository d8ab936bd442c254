using CredRotation.Adapters;
using CredRotation.Engine;
using CredRotation.Engine.Setup;
using CredRotation.Functions.Access;
using CredRotation.Functions.Reading;
using CredRotation.Functions.Settings;
using CredRotation.Functions.Setup;
using CredRotation.Functions.Telemetry;
using CredRotation.Pages;
using CredRotation.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions;

/// <summary>The whole app as one registration, so that every head and every test runs the same.</summary>
public static class CredRotationApp
{
    public static IServiceCollection AddCredRotation(this IServiceCollection services, IConfiguration configuration)
        => services
            .AddRotationEngine(configuration)
            .AddProviders()
            .AddAdapters(configuration)
            .AddPages()
            .AddWaysIn()
            .AddTelemetry(configuration);

    public static IServiceCollection AddWaysIn(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        // The last one registered is the one that the host asks.
        services.AddSingleton<IStartupValidator, SettingsAtStart>();
        services.AddSingleton<CallerReader>();
        services.AddSingleton<Ownership>();
        services.AddSingleton<CallLimits>();
        services.AddSingleton<Inventory>();
        services.AddSingleton<Inbox>();
        services.AddSingleton<ConsumerCalls>();
        services.AddSingleton<RotationReader>();
        services.AddSingleton<TasksReader>();
        services.AddSingleton<OverviewReader>();
        services.AddSingleton<OwnersReader>();
        services.AddSingleton<CredentialReader>();
        services.AddSingleton<UnmanagedReader>();
        services.AddSingleton<OwnReader>();
        services.AddSingleton<PageReaders>();
        services.AddSingleton<Endpoint>();
        services.AddSingleton<EventHearing>();
        services.AddSingleton<ISetupProbe, WaysInNeeds>();
        return services;
    }
}
