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

/// <summary>The keys of one Azure resource type over the sandbox's Azure Resource Manager, through real HTTP.</summary>
internal sealed class AzureKeysBench : IProviderBench
{
    private const string Group = "/subscriptions/3f2504e0-4f89-41d3-9a0c-0305e82c3301/resourceGroups/shop-prod/providers/";

    private readonly FakeTimeProvider _clock;
    private readonly FaultInjector _faults;
    private readonly ServiceProvider _services;

    private AzureKeysBench(FakeTimeProvider clock, FaultInjector faults, ArmModel model, ArmServer server, string name, string type, string path, string? form)
    {
        (_clock, _faults, Model, Server) = (clock, faults, model, server);
        Resource = model.Add(path, type);
        Current = new SecretText(form is null ? Resource.Key(Resource.Slots[0]) : Resource.ConnectionString(Resource.Slots[0]));
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions()))
            .AddSingleton<TokenCredential>(new SandboxTokenCredential("sandbox"))
            .AddSingleton(CloudEndpoints.Of(null) with { Arm = server.Address })
            .AddLogging()
            .AddProviders()
            .BuildServiceProvider();
        Provider = _services.GetRequiredService<IProviderCatalog>().Find("azure-resource-key")!;
        var parameters = new Dictionary<string, string> { ["type"] = name };
        if (form is not null) parameters["value"] = form;
        Target = new ProviderTarget("azure", path, parameters, new Dictionary<string, SecretText>());
    }

    /// <summary>Each of the table's types that the sandbox speaks, in the forms that consumers want: at once, later in both styles, one key, none, by id, without body.</summary>
    public static IReadOnlyList<(string Name, string Type, string Path, string? Form)> All { get; } =
    [
        ("storage", "Microsoft.Storage/storageAccounts", $"{Group}Microsoft.Storage/storageAccounts/shopprod", null),
        ("cosmos-db", "Microsoft.DocumentDB/databaseAccounts", $"{Group}Microsoft.DocumentDB/databaseAccounts/shop-orders", null),
        ("service-bus", "Microsoft.ServiceBus/namespaces/authorizationRules", $"{Group}Microsoft.ServiceBus/namespaces/shop-bus/authorizationRules/send", null),
        ("service-bus", "Microsoft.ServiceBus/namespaces/authorizationRules", $"{Group}Microsoft.ServiceBus/namespaces/shop-bus/authorizationRules/send", "connectionString"),
        ("redis", "Microsoft.Cache/redis", $"{Group}Microsoft.Cache/redis/shop-cache", null),
        ("ai-services", "Microsoft.CognitiveServices/accounts", $"{Group}Microsoft.CognitiveServices/accounts/shop-ai", null),
        ("search", "Microsoft.Search/searchServices", $"{Group}Microsoft.Search/searchServices/shop-search", null),
        ("signalr", "Microsoft.SignalRService/signalR", $"{Group}Microsoft.SignalRService/signalR/shop-hub", "connectionString"),
        ("app-configuration", "Microsoft.AppConfiguration/configurationStores", $"{Group}Microsoft.AppConfiguration/configurationStores/shop-settings", "connectionString"),
        ("api-management", "Microsoft.ApiManagement/service/subscriptions", $"{Group}Microsoft.ApiManagement/service/shop-api/subscriptions/mobile", null),
        ("communication", "Microsoft.Communication/communicationServices", $"{Group}Microsoft.Communication/communicationServices/shop-mail", null),
    ];

    public ArmModel Model { get; }

    public ArmServer Server { get; }

    public ArmResource Resource { get; }

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    /// <param name="name">A line of the provider's table; one of <see cref="All"/>.</param>
    /// <param name="form">What consumers store: null for the key.</param>
    public static async Task<AzureKeysBench> StartAsync(string name, string? form, CancellationToken cancellationToken)
    {
        var row = All.First(row => row.Name == name);
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        var faults = new FaultInjector(clock);
        var model = new ArmModel(clock, seed: 7);
        var server = await ArmServer.StartAsync(model, new FaultyWire(clock, faults), cancellationToken);
        return new AzureKeysBench(clock, faults, model, server, row.Name, row.Type, row.Path, form);
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
