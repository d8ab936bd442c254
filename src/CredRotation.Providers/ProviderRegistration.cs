using Azure.Core;
using CredRotation.Engine;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Requests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Providers;

/// <summary>Adds every provider the app ships with, and those that <see cref="ProviderFile"/> registrations describe.</summary>
public static class ProviderRegistration
{
    public static IServiceCollection AddProviders(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddRemoteClient(HttpExchange.ClientName, provider => provider.GetRequiredService<IOptions<RotationOptions>>().Value.EffectTimeout)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                Proxy = new ProxyBeyondThisMachine(HttpClient.DefaultProxy),
                ActivityHeadersPropagator = null,
                // A connection that the remote closed while it was idle would make an issue unknown for nothing.
                PooledConnectionLifetime = TimeSpan.Zero,
            })
            // The factory's own log lines would hold addresses, and headers at trace level.
            .RemoveAllLoggers();

        // Checking the options asks the catalog, so the catalog can only ask for the options once they are checked.
        services.TryAddSingleton(provider => new HttpExchange(
            provider.GetRequiredService<IHttpClientFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            () => provider.GetRequiredService<IOptions<RotationOptions>>().Value,
            provider.GetRequiredService<ILogger<HttpExchange>>()));
        services.AddAzureProviders();
        services.AddDatabaseProviders();
        services.TryAddSingleton<IProviderCatalog>(provider => new ProviderCatalog(
            EmbeddedVendors.Read().Concat(provider.GetServices<ProviderFile>()).Concat(provider.GetService<IProviderFileSource>()?.Read().Select(file => new ProviderFile(file.Name, file.Text)) ?? []),
            provider.GetServices<ICredentialProvider>(),
            provider.GetRequiredService<HttpExchange>(),
            // Only asked for where a file says azure-identity.
            provider.GetService<TokenCredential>));
        return services;
    }
}
