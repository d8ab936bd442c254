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

    private PortalBench(string kind, FakeTimeProvider clock, FaultInjector faults, VendorModel model, PortalServer server, string? file)
    {
        (_clock, _faults, _model, _server) = (clock, faults, model, server);
        Target = new ProviderTarget("gateway", PortalServer.TargetOf(kind), new Dictionary<string, string>(PortalServer.ParametersOf(kind)) { ["baseUrl"] = server.BaseUri.AbsoluteUri }, new Dictionary<string, SecretText>());
        Current = PortalServer.Handed(kind, model.Add(Target.Target).Value);
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions()))
            .AddLogging()
            .AddProviders()
            .BuildServiceProvider();
        var providers = _services.GetRequiredService<IProviderCatalog>();
        Provider = (file is null ? providers.Find(kind) : providers.Restore(kind, file)) ?? throw new InvalidOperationException($"There is no provider file for {kind}.");
    }

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    /// <param name="file">Another text than the file that ships; null: that one.</param>
    public static async Task<IProviderBench> StartAsync(string kind, CancellationToken cancellationToken, string? file = null)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        var faults = new FaultInjector(clock);
        var model = new VendorModel(clock, 5, PortalServer.ClassOf(kind));
        var server = await PortalServer.StartAsync(kind, model, new FaultyWire(clock, faults), null, cancellationToken);
        return new PortalBench(kind, clock, faults, model, server, file);
    }

    public void Pass(TimeSpan time) => _clock.Advance(time);

    public bool Accepts(SecretText value) => _model.Credentials.Any(credential => Handed(credential).RevealToRemote() == value.RevealToRemote() && _model.Accepts(credential.Value));

    public void LoseNext(LostPart part) => _faults.Add("", part is LostPart.Request ? new Fault.DropBefore() : new Fault.DropAfter());

    public bool ThrottleNext()
    {
        _faults.Add("", new Fault.Refuse(429, "429", RetryAfter: TimeSpan.FromSeconds(3)));
        return true;
    }

    // How many a portal allows is for the person who stands before it.
    public bool FillQuota() => false;

    public SecretText? AddStranger() => Handed(_model.Add("somebody-elses", "Somebody"));

    public bool DoErrands()
    {
        var alive = _model.Alive(Target.Target);
        if (alive.Count < 2) return false;

        _model.End(alive[0].Id);
        return true;
    }

    public SecretText HandOver() => Handed(_model.AddAnother(Target.Target));

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _server.DisposeAsync();
    }

    private SecretText Handed(VendorCredential credential) => PortalServer.Handed(Provider.Kind, credential.Value);
}
