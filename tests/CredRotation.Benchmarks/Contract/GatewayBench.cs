using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Benchmarks.Contract;

/// <summary>A shipped provider file over the sandbox's gateway, through real HTTP.</summary>
internal sealed class GatewayBench : IProviderBench
{
    /// <summary>Every issue is another key of one credential, and the gateway's timer ends the one before.</summary>
    public const string ModeA = "adyen-merchant-api-key";

    /// <summary>Every issue is another credential, and the one before lives until it is disabled.</summary>
    public const string ModeB = "adyen-merchant-credential";

    private const string CredentialId = "S2-5B4C3D2E1F";
    private readonly FakeTimeProvider _clock;
    private readonly FaultInjector _faults;
    private readonly GatewayModel _model;
    private readonly GatewayServer _server;
    private readonly ServiceProvider _services;

    private GatewayBench(FakeTimeProvider clock, FaultInjector faults, GatewayModel model, GatewayServer server, GatewayKey management, string kind)
    {
        (_clock, _faults, _model, _server) = (clock, faults, model, server);
        Current = model.Add(new GatewayCredential(CredentialId, "ws@Company.Shop", "Shop", true, [GatewayCredential.ReadMeRole])).Value;
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions()))
            .AddLogging()
            .AddProviders()
            .BuildServiceProvider();
        Provider = _services.GetRequiredService<IProviderCatalog>().Find(kind)!;
        var parameters = new Dictionary<string, string> { ["baseUrl"] = server.ManagementUri.AbsoluteUri, ["merchantId"] = model.Options.Merchant };
        if (kind == ModeB) parameters["roles"] = GatewayCredential.ReadMeRole;
        Target = new ProviderTarget("gateway", kind == ModeB ? "checkout" : CredentialId,
            parameters,
            new Dictionary<string, SecretText> { ["management"] = management.Value });
    }

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    public static async Task<IProviderBench> StartAsync(string kind, CancellationToken cancellationToken)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        var faults = new FaultInjector(clock);
        var model = new GatewayModel(clock, seed: 5, new GatewayOptions { ActivationDelay = TimeSpan.FromMinutes(3) });
        var management = model.Add(new GatewayCredential("S2-MANAGEMENT", "ws_manage@Company.Shop", "Shop", true, [GatewayCredential.ManagementRole]));
        var server = await GatewayServer.StartAsync(model, new FaultyWire(clock, faults), null, cancellationToken);
        return new GatewayBench(clock, faults, model, server, management, kind);
    }

    public void Pass(TimeSpan time) => _clock.Advance(time);

    public bool Accepts(SecretText value) => _model.Accepts(value, Now);

    public void LoseNext(LostPart part) => _faults.Add("", part is LostPart.Request ? new Fault.DropBefore() : new Fault.DropAfter());

    public bool ThrottleNext()
    {
        _faults.Add("", new Fault.Refuse(429, "429", RetryAfter: TimeSpan.FromSeconds(3)));
        return true;
    }

    // The gateway knows no quota.
    public bool FillQuota() => false;

    // In mode A every key of a credential is of one owner.
    public SecretText? AddStranger() => Provider.Kind == ModeB ? _model.Add(new GatewayCredential("S2-STRANGER", "ws_other@Company.Shop", "Shop", true, [GatewayCredential.PaymentRole]) { Description = "made by hand" }).Value : null;

    public bool DoErrands() => false;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _server.DisposeAsync();
    }
}
