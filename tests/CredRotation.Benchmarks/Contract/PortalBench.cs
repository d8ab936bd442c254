using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Benchmarks.Contract;

/// <summary>A shipped file of a gateway whose keys a person makes in a portal, over that gateway's documented read.</summary>
internal sealed class PortalBench : IProviderBench
{
    private readonly FakeTimeProvider _clock;
    private readonly FaultInjector _faults;
    private readonly VendorModel _model;
    private readonly PortalServer _server;
    private readonly ServiceProvider _services;

    private PortalBench(string kind, FakeTimeProvider clock, FaultInjector faults, VendorModel model, PortalServer server)
    {
        (_clock, _faults, _model, _server) = (clock, faults, model, server);
        Target = new ProviderTarget("gateway", PortalServer.TargetOf(kind), new Dictionary<string, string> { ["baseUrl"] = server.BaseUri.AbsoluteUri }, new Dictionary<string, SecretText>());
        Current = model.Add(Target.Target).Value;
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions()))
            .AddLogging()
            .AddProviders()
            .BuildServiceProvider();
        Provider = _services.GetRequiredService<IProviderCatalog>().Find(kind)!;
    }

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    public static async Task<IProviderBench> StartAsync(string kind, CancellationToken cancellationToken)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        var faults = new FaultInjector(clock);
        var model = new VendorModel(clock, 5, VendorClasses.HandedIn);
        var server = await PortalServer.StartAsync(kind, model, new FaultyWire(clock, faults), null, cancellationToken);
        return new PortalBench(kind, clock, faults, model, server);
    }

    public void Pass(TimeSpan time) => _clock.Advance(time);

    public bool Accepts(SecretText value) => _model.Accepts(value);

    public void LoseNext(LostPart part) => _faults.Add("", part is LostPart.Request ? new Fault.DropBefore() : new Fault.DropAfter());

    public bool ThrottleNext()
    {
        _faults.Add("", new Fault.Refuse(429, "429", RetryAfter: TimeSpan.FromSeconds(3)));
        return true;
    }

    // How many a portal allows is for the person who stands before it.
    public bool FillQuota() => false;

    public SecretText? AddStranger() => _model.Add("somebody-elses", "Somebody").Value;

    public bool DoErrands()
    {
        var alive = _model.Alive(Target.Target);
        if (alive.Count < 2) return false;

        _model.End(alive[0].Id);
        return true;
    }

    public SecretText HandOver() => _model.Add(Target.Target).Value;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _server.DisposeAsync();
    }
}
