using Azure.Core;
using CredRotation.Engine;
using CredRotation.Providers.AzureKeys;
using CredRotation.Providers.EntraApp;
using CredRotation.Providers.Http.Requests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Graph;

namespace CredRotation.Providers;

/// <summary>Adds the providers that act with the app's own identity. The identity is asked for when a call needs it: the catalog is read before options are.</summary>
internal static class AzureRegistration
{
    public static void AddAzureProviders(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => CloudEndpoints.Of(provider.GetService<IConfiguration>()?["Cloud"]));
        services.AddSingleton<ICredentialProvider>(provider => new AzureKeysProvider(
            new ArmClient(provider.GetRequiredService<HttpExchange>(), provider.GetRequiredService<TokenCredential>, provider.GetRequiredService<CloudEndpoints>()),
            provider.GetRequiredService<CloudEndpoints>()));
        services.AddSingleton<ICredentialProvider>(provider => new EntraAppProvider(
            new GraphApplications(provider.GetRequiredService<GraphServiceClient>, () => provider.GetRequiredService<IOptions<RotationOptions>>().Value, provider.GetRequiredService<TimeProvider>()),
            new TokenProbe(provider.GetRequiredService<HttpExchange>(), provider.GetRequiredService<CloudEndpoints>()),
            provider.GetRequiredService<HttpExchange>()));
    }
}
