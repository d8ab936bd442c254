using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage;
using Azure.Storage.Queues;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.Storage;

/// <summary>Gives registry, ledger and queues their store: the account that the settings name, or the embedded host's file.</summary>
public static class StorageRegistration
{
    private static readonly Uri s_nowhere = new("https://nowhere.invalid");

    /// <summary>The account of the settings. Without one nothing is registered, and the app refuses to start unless its head brings a store.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        var options = StorageOptions.Of(configuration);
        services.AddSingleton(Options.Create(options));
        services.AddSingleton<IStartupCheck>(provider => new StorageCheck(options, provider.GetRequiredService<IServiceProviderIsService>()));
        if (options.ProviderFiles is { } files && !options.Faults().Any())
            services.TryAddSingleton<IProviderFileSource>(provider => new BlobProviderFiles(files, provider.GetRequiredService<TokenCredential>, provider.GetService<Action<ClientOptions>>()));
        if (!options.IsAccount) return services;

        // What is wrong is said at start, with everything else that is; until then the parts must fit together.
        var cloud = options.Faults().Any() ? null : AzureCloud.Find(configuration);
        services.TryAddSingleton(provider => Tables(cloud is null ? s_nowhere : options.Tables(cloud)!, cloud?.Name, provider));
        services.TryAddSingleton(provider => Queues(cloud is null ? s_nowhere : options.Queues(cloud)!, provider));
        services.TryAddSingleton<IRowStore, TableRowStore>();
        services.TryAddSingleton<IMessageQueue, StorageWorkQueue>();
        services.TryAddSingleton<IWorkQueue>(provider => provider.GetRequiredService<IMessageQueue>());
        return services;
    }

    /// <summary>A file, for a head that takes from its queues by itself; an account of the settings goes first.</summary>
    public static IServiceCollection AddFileStorage(this IServiceCollection services, IConfiguration configuration)
    {
        var options = StorageOptions.Of(configuration);
        if (options.IsAccount) return services;

        services.TryAddSingleton(_ => new SqliteDatabase(options.SqlitePath ?? "credrotation.db"));
        services.TryAddSingleton<IRowStore, SqliteRowStore>();
        services.TryAddSingleton<SqliteWorkQueue>();
        services.TryAddSingleton<IMessageQueue>(provider => provider.GetRequiredService<SqliteWorkQueue>());
        services.TryAddSingleton<IWorkQueue>(provider => provider.GetRequiredService<IMessageQueue>());
        return services;
    }

    private static TableServiceClient Tables(Uri endpoint, CloudName? cloud, IServiceProvider provider)
    {
        var options = new TableClientOptions
        {
            Audience = cloud switch { CloudName.USGovernment => TableAudience.AzureGovernment, CloudName.China => TableAudience.AzureChina, _ => TableAudience.AzurePublicCloud },
        };
        Bound(options, provider);
        return StorageEmulator.Is(endpoint)
            ? new TableServiceClient(endpoint, new TableSharedKeyCredential(StorageEmulator.Account, StorageEmulator.Key), options)
            : new TableServiceClient(endpoint, provider.GetRequiredService<TokenCredential>(), options);
    }

    private static QueueServiceClient Queues(Uri endpoint, IServiceProvider provider)
    {
        // As host.json says: what we send, the Functions host must be able to read.
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        Bound(options, provider);
        return StorageEmulator.Is(endpoint)
            ? new QueueServiceClient(endpoint, new StorageSharedKeyCredential(StorageEmulator.Account, StorageEmulator.Key), options)
            : new QueueServiceClient(endpoint, provider.GetRequiredService<TokenCredential>(), options);
    }

    // A visit must not spend its claim on waiting for its own ledger. A repeat that meets its own write is recognised above.
    private static void Bound(ClientOptions options, IServiceProvider provider)
    {
        options.Retry.MaxRetries = 3;
        options.Retry.Delay = TimeSpan.FromMilliseconds(400);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(3);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(10);
        provider.GetService<Action<ClientOptions>>()?.Invoke(options);
    }

    private sealed class StorageCheck(StorageOptions options, IServiceProviderIsService services) : IStartupCheck
    {
        public IEnumerable<string> Faults()
            => options.IsAccount || services.IsService(typeof(IRowStore))
                ? options.Faults()
                : ["Storage:AccountName is not set: registry and ledger have no place. Name the app's storage account, for example strotation. On this machine, an emulator does: Storage:TablesEndpoint http://127.0.0.1:10002/devstoreaccount1 and Storage:QueuesEndpoint http://127.0.0.1:10001/devstoreaccount1."];
    }
}
