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
using CredRotation.Engine.Setup;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Graph;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Authentication.Azure;
using Microsoft.Kiota.Http.HttpClientLibrary.Middleware;
using Microsoft.Kiota.Http.HttpClientLibrary.Middleware.Options;

namespace CredRotation.Adapters;

/// <summary>Gives every port of the engine its real counterpart, unless the head registered another one before.</summary>
public static class AdapterRegistration
{
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
        services.TryAddSingleton(provider => Graph(provider.GetRequiredService<TokenCredential>(), AzureCloud.Find(configuration) ?? throw new InvalidOperationException("Cloud names no cloud."), configuration["Graph:BaseUrl"]));
        services.TryAddSingleton<IOwnerDirectory, GraphOwnerDirectory>();

        services.AddHttpClientWithoutRedirects(HttpConsumerSignal.ClientName);
        services.TryAddSingleton<IConsumerSignal, HttpConsumerSignal>();

        services.AddOptions<TeamsOptions>()
            .Configure(options => Bind(configuration.GetSection(TeamsOptions.Section), options))
            .Validate(options => options.AreWebhooksSafe(), UnsafeWebhook)
            .ValidateOnStart();
        // The factory's own log lines would show the address.
        services.AddHttpClientWithoutRedirects(TeamsWebhookNotifier.ClientName).RemoveAllLoggers();
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
        services.AddSingleton<ISetupProbe>(provider => new GraphNeeds(provider.GetRequiredService<TokenCredential>(), (AzureCloud.Find(configuration) ?? throw new InvalidOperationException("Cloud names no cloud.")).Graph, provider.GetRequiredService<IOptions<MailOptions>>()));
        return services;
    }

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

    private static GraphServiceClient Graph(TokenCredential credential, AzureCloud cloud, string? baseUrl)
    {
        // Reading is harmless to repeat, but a visit must not spend its claim on waiting.
        var handlers = GraphClientFactory.CreateDefaultHandlers()
            .Select(handler => handler is RetryHandler ? new RetryHandler(new RetryHandlerOption { MaxRetry = 2, Delay = 1, RetriesTimeLimit = TimeSpan.FromSeconds(10) }) : handler)
            .ToList();
        var address = string.IsNullOrWhiteSpace(baseUrl) ? new Uri(cloud.Graph, "v1.0") : new Uri(baseUrl);
        // The library sends its token to no host that is not named.
        IAuthenticationProvider authentication = new AzureIdentityAuthenticationProvider(credential, [address.Host], scopes: [new Uri(cloud.Graph, ".default").AbsoluteUri]);
        return new GraphServiceClient(GraphClientFactory.Create(handlers), authentication, address.AbsoluteUri.TrimEnd('/'));
    }

    // A redirect would carry a card or a token to an address nobody granted.
    private static IHttpClientBuilder AddHttpClientWithoutRedirects(this IServiceCollection services, string name)
        => services.AddHttpClient(name, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            });
}
