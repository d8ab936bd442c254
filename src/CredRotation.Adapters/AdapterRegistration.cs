using Azure.Core;
using Azure.Identity;
using Azure.Messaging.EventGrid;
using CredRotation.Adapters.Consumers;
using CredRotation.Adapters.EventGrid;
using CredRotation.Adapters.Graph;
using CredRotation.Adapters.KeyVault;
using CredRotation.Adapters.Mail;
using CredRotation.Adapters.Notices;
using CredRotation.Adapters.Setup;
using CredRotation.Adapters.Storage;
using CredRotation.Adapters.Teams;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using CredRotation.Engine.Retire;
using CredRotation.Engine.Setup;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Graph;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Authentication.Azure;
using Microsoft.Kiota.Http.HttpClientLibrary.Middleware;

namespace CredRotation.Adapters;

/// <summary>Gives every port of the engine its real counterpart, unless the head registered another one before.</summary>
public static class AdapterRegistration
{
    private const string GraphName = "directory";
    private const string UnsafeWebhook = "Each address under Teams must be https, or http to this machine. It is a secret, so it is not shown here.";

    public static IServiceCollection AddAdapters(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TokenCredential>(_ => Identity(configuration["ManagedIdentityClientId"]));

        services.AddStorage(configuration);

        services.TryAddSingleton<KeyVaultClientFactory>();
        services.TryAddSingleton<ICredentialVault, KeyVaultCredentialVault>();
        services.TryAddSingleton<IVaultInventory, KeyVaultInventory>();

        services.AddSingleton<IStartupCheck>(provider => new AzureCheck(configuration, provider.GetRequiredService<IOptionsMonitor<RotationOptions>>()));
        services.AddRemoteClient(GraphName, EffectTimeout, IsGraphRead).ConfigureAdditionalHttpMessageHandlers((handlers, _) => AddGraphHandlers(handlers));
        services.TryAddSingleton(provider => Graph(provider.GetRequiredService<IHttpClientFactory>(), provider.GetRequiredService<TokenCredential>(), Cloud(configuration), configuration["Graph:BaseUrl"]));
        services.TryAddSingleton<IOwnerDirectory, GraphOwnerDirectory>();
        services.TryAddSingleton<IAppRegistrations, GraphAppRegistrations>();

        services.AddRemoteClient(HttpConsumerSignal.ClientName, EffectTimeout);
        services.AddRemoteClient(ManagementClient.ClientName, EffectTimeout, request => request.Method == HttpMethod.Get);
        services.TryAddSingleton(provider => new ManagementClient(provider.GetRequiredService<IHttpClientFactory>(), provider.GetRequiredService<TokenCredential>(), Cloud(configuration)));
        services.AddSingleton<IConsumerChannel, HttpConsumerSignal>();
        services.AddSingleton<IConsumerChannel, AppServiceSignal>();
        services.AddSingleton<IConsumerChannel, ContainerAppSignal>();
        services.AddSingleton<IConsumerChannel, KubernetesSignal>();
        services.AddSingleton<IConsumerChannel>(provider => new TopicConsumerSignal(provider.GetRequiredService<TokenCredential>(), provider.GetService<Action<EventGridPublisherClientOptions>>()));
        services.TryAddSingleton<IConsumerSignal, ConsumerSignals>();
        services.AddRemoteClient(LogAnalyticsVaultLog.ClientName, EffectTimeout, _ => true);
        services.TryAddSingleton<IVaultLog>(provider => new LogAnalyticsVaultLog(provider.GetRequiredService<IHttpClientFactory>(), provider.GetRequiredService<TokenCredential>(), Cloud(configuration), provider.GetRequiredService<IOptions<RotationOptions>>()));

        services.AddOptions<TeamsOptions>()
            .Configure(options => Bind(configuration.GetSection(TeamsOptions.Section), options))
            .Validate(options => options.AreWebhooksSafe(), UnsafeWebhook)
            .ValidateOnStart();
        // The factory's own log lines would show the address.
        services.AddRemoteClient(TeamsWebhookNotifier.ClientName, EffectTimeout).RemoveAllLoggers();
        services.TryAddSingleton<TeamsWebhookNotifier>();

        services.AddOptions<MailOptions>()
            .Bind(configuration.GetSection(MailOptions.Section))
            .Validate(options => options.IsSenderUsable(), "Mail:Sender must be one mail address, or absent.")
            .ValidateOnStart();
        services.TryAddSingleton<GraphMailNotifier>();
        services.TryAddSingleton<INotifier, PeopleNotifier>();

        // Only where a topic is named: without one a rotation makes no call for it.
        services.AddSingleton<IStartupCheck>(new TopicCheck(configuration["EventGrid:TopicEndpoint"]));
        if (EventGridRotationEvents.TryTopic(configuration["EventGrid:TopicEndpoint"], out var topic) && topic is not null)
            services.TryAddSingleton<IRotationEvents>(provider => new EventGridRotationEvents(topic, provider.GetRequiredService<TokenCredential>(), provider.GetService<Action<EventGridPublisherClientOptions>>()));

        services.AddSingleton<ISetupProbe, VaultNeeds>();
        services.AddSingleton<ISetupProbe>(provider => new StorageNeeds(provider.GetRequiredService<IRowStore>(), provider.GetRequiredService<IMessageQueue>(), StorageOptions.Of(configuration)));
        services.AddSingleton<ISetupProbe>(provider => new GraphNeeds(provider.GetRequiredService<TokenCredential>(), Cloud(configuration).Graph, provider.GetRequiredService<IOptions<MailOptions>>(), provider.GetRequiredService<IOptions<RotationOptions>>()));
        return services;
    }

    /// <summary>When it is needed: a name that is none is refused by a check of its own, with all other faults.</summary>
    private static AzureCloud Cloud(IConfiguration configuration) => AzureCloud.Find(configuration) ?? throw new InvalidOperationException("Cloud names no cloud.");

    private static ManagedIdentityCredential Identity(string? clientId)
        => new(clientId is { Length: > 0 } ? ManagedIdentityId.FromUserAssignedClientId(clientId) : ManagedIdentityId.SystemAssigned);

    private static void Bind(IConfigurationSection section, TeamsOptions options)
    {
        try
        {
            section.Bind(options);
        }
        catch (InvalidOperationException)
        {
            // The binder's own message quotes the value, which here is a secret.
            throw new OptionsValidationException(TeamsOptions.Section, typeof(TeamsOptions), [UnsafeWebhook]);
        }
    }

    private static GraphServiceClient Graph(IHttpClientFactory clients, TokenCredential credential, AzureCloud cloud, string? baseUrl)
    {
        var address = string.IsNullOrWhiteSpace(baseUrl) ? new Uri(cloud.Graph, "v1.0") : new Uri(baseUrl);
        // The library sends its token to no host that is not named.
        IAuthenticationProvider authentication = new AzureIdentityAuthenticationProvider(credential, [address.Host], null, true, [new Uri(cloud.Graph, ".default").AbsoluteUri]);
        return new GraphServiceClient(clients.CreateClient(GraphName), authentication, address.AbsoluteUri.TrimEnd('/'));
    }

    // What repeats and what follows redirects is decided by the client, not by the library: its own would send a mail twice.
    private static void AddGraphHandlers(IList<DelegatingHandler> handlers)
    {
        foreach (var handler in GraphClientFactory.CreateDefaultHandlers().Where(handler => handler is not (RetryHandler or RedirectHandler))) handlers.Add(handler);
    }

    // Our batches hold reads only.
    private static bool IsGraphRead(HttpRequestMessage request)
        => request.Method == HttpMethod.Get || request.RequestUri is { AbsolutePath: var path } && path.EndsWith("/$batch", StringComparison.Ordinal);

    private static TimeSpan EffectTimeout(IServiceProvider provider) => provider.GetRequiredService<IOptions<RotationOptions>>().Value.EffectTimeout;
}
