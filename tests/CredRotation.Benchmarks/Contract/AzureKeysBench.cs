using Azure.Core;
using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Benchmarks.Contract;

/// <summary>One line of the provider's table at one resource.</summary>
/// <param name="Name">The line.</param>
/// <param name="Names">The resource's names, from the outermost.</param>
/// <param name="Slot">Which of the resource's keys consumers run.</param>
/// <param name="Form">What consumers store: null for the key.</param>
internal sealed record AzureKeysCase(string Name, string Type, string Names, int Slot, string? Form)
{
    private const string Group = "/subscriptions/3f2504e0-4f89-41d3-9a0c-0305e82c3301/resourceGroups/shop-prod/providers";

    public string Path
    {
        get
        {
            var kinds = Type.Split('/');
            return $"{Group}/{kinds[0]}/{string.Join('/', kinds.Skip(1).Zip(Names.Split('/'), (kind, name) => $"{kind}/{name}"))}";
        }
    }

    public override string ToString() => Form is null ? Name : $"{Name} as {Form}";
}

/// <summary>The keys of one Azure resource type over the sandbox's Azure Resource Manager, through real HTTP.</summary>
internal sealed class AzureKeysBench : IProviderBench
{
    private readonly FakeTimeProvider _clock;
    private readonly FaultInjector _faults;
    private readonly ServiceProvider _services;

    private AzureKeysBench(FakeTimeProvider clock, FaultInjector faults, ArmModel model, ArmServer server, AzureKeysCase what)
    {
        (_clock, _faults, Model, Server) = (clock, faults, model, server);
        Resource = model.Add(what.Path, what.Type);
        var running = Resource.Slots[what.Slot];
        Current = new SecretText(what.Form is null ? Resource.Key(running) : Resource.ConnectionString(running));
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions()))
            .AddSingleton<TokenCredential>(new SandboxTokenCredential("sandbox"))
            .AddSingleton(CloudEndpoints.Of(null) with { Arm = server.Address })
            .AddLogging()
            .AddProviders()
            .BuildServiceProvider();
        Provider = _services.GetRequiredService<IProviderCatalog>().Find("azure-resource-key")!;
        var parameters = new Dictionary<string, string> { ["type"] = what.Name };
        if (what.Form is not null) parameters["value"] = what.Form;
        Target = new ProviderTarget("azure", what.Path, parameters, new Dictionary<string, SecretText>());
    }

    /// <summary>Every line of the provider's table, and the forms that consumers want.</summary>
    public static IReadOnlyList<AzureKeysCase> All { get; } =
    [
        new("storage", "Microsoft.Storage/storageAccounts", "shopprod", 0, null),
        new("cosmos-db", "Microsoft.DocumentDB/databaseAccounts", "shop-orders", 0, null),
        new("cosmos-db-readonly", "Microsoft.DocumentDB/databaseAccounts", "shop-orders", 2, null),
        new("service-bus", "Microsoft.ServiceBus/namespaces/authorizationRules", "shop-bus/send", 0, null),
        new("service-bus", "Microsoft.ServiceBus/namespaces/queues/authorizationRules", "shop-bus/orders/send", 0, "connectionString"),
        new("event-hubs", "Microsoft.EventHub/namespaces/authorizationRules", "shop-events/send", 0, "connectionString"),
        new("relay", "Microsoft.Relay/namespaces/hybridConnections/authorizationRules", "shop-relay/till/listen", 0, null),
        new("notification-hubs", "Microsoft.NotificationHubs/namespaces/notificationHubs/authorizationRules", "shop-push/mobile/full", 0, "connectionString"),
        new("redis", "Microsoft.Cache/redis", "shop-cache", 0, null),
        new("redis-enterprise", "Microsoft.Cache/redisEnterprise/databases", "shop-cache/default", 0, null),
        new("ai-services", "Microsoft.CognitiveServices/accounts", "shop-ai", 0, null),
        new("search", "Microsoft.Search/searchServices", "shop-search", 0, null),
        new("signalr", "Microsoft.SignalRService/signalR", "shop-hub", 0, "connectionString"),
        new("web-pubsub", "Microsoft.SignalRService/webPubSub", "shop-push", 0, null),
        new("maps", "Microsoft.Maps/accounts", "shop-maps", 0, null),
        new("batch", "Microsoft.Batch/batchAccounts", "shopbatch", 0, null),
        new("app-configuration", "Microsoft.AppConfiguration/configurationStores", "shop-settings", 0, "connectionString"),
        new("app-configuration-readonly", "Microsoft.AppConfiguration/configurationStores", "shop-settings", 2, null),
        new("container-registry", "Microsoft.ContainerRegistry/registries", "shopimages", 0, null),
        new("api-management", "Microsoft.ApiManagement/service/subscriptions", "shop-api/mobile", 0, null),
        new("communication", "Microsoft.Communication/communicationServices", "shop-mail", 0, null),
        new("event-grid", "Microsoft.EventGrid/topics", "shop-topic", 0, null),
        new("machine-learning", "Microsoft.MachineLearningServices/workspaces/onlineEndpoints", "shop-ml/fraud", 0, null),
        new("data-factory-runtime", "Microsoft.DataFactory/factories/integrationRuntimes", "shop-factory/on-site", 0, null),
        new("synapse-runtime", "Microsoft.Synapse/workspaces/integrationRuntimes", "shop-lake/on-site", 0, null),
    ];

    public ArmModel Model { get; }

    public ArmServer Server { get; }

    public ArmResource Resource { get; }

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    public static async Task<AzureKeysBench> StartAsync(AzureKeysCase what, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(what);
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        var faults = new FaultInjector(clock);
        var model = new ArmModel(clock, seed: 7);
        var server = await ArmServer.StartAsync(model, new FaultyWire(clock, faults), cancellationToken);
        return new AzureKeysBench(clock, faults, model, server, what);
    }

    public void Pass(TimeSpan time) => _clock.Advance(time);

    public bool Accepts(SecretText value) => Model.Accepts(value);

    public void LoseNext(LostPart part) => _faults.Add("", part is LostPart.Request ? new Fault.DropBefore() : new Fault.DropAfter());

    public bool ThrottleNext()
    {
        _faults.Add("", new Fault.Refuse(429, "TooManyRequests", RetryAfter: TimeSpan.FromSeconds(3)));
        return true;
    }

    // A pair has its two places.
    public bool FillQuota() => false;

    public SecretText? AddStranger() => null;

    // Nobody has to do anything but Azure, which ends what it began.
    public bool DoErrands()
    {
        if (!Model.IsAnythingUnderWay) return false;
        Pass(Model.OperationTime);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Server.DisposeAsync();
    }
}
