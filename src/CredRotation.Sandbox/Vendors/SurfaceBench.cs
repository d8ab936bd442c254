using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Sandbox.Vendors;

/// <summary>A shipped provider file over its vendor's documented surface, through real HTTP.</summary>
internal sealed class SurfaceBench : IProviderBench
{
    private const int Seed = 5;
    private readonly FakeTimeProvider _clock;
    private readonly VendorSurface _surface;
    private readonly VendorServer _server;
    private readonly ServiceProvider _services;

    private SurfaceBench(VendorSurface surface, FakeTimeProvider clock, FaultInjector faults, VendorModel model, VendorServer server, string? file)
    {
        (_surface, _clock, Faults, Model, _server) = (surface, clock, faults, model, server);
        Current = Stored(model.Add(surface.Target));
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions()))
            .AddLogging()
            .AddProviders()
            .BuildServiceProvider();
        var providers = _services.GetRequiredService<IProviderCatalog>();
        Provider = (file is null ? providers.Find(surface.Kind) : providers.Restore(surface.Kind, file)) ?? throw new InvalidOperationException($"There is no provider file for {surface.Kind}.");
        var parameters = new Dictionary<string, string>(surface.Parameters);
        foreach (var (name, path) in surface.Addresses) parameters[name] = new Uri(server.Address, path).AbsoluteUri.TrimEnd('/');
        Target = new ProviderTarget("account", surface.Target, parameters, surface.Management.ToDictionary(secret => secret.Key, secret => secret.Value switch
        {
            null => model.ManagementValue,
            "current" => Current,
            var fixedValue => new SecretText(fixedValue),
        }));
    }

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public VendorModel Model { get; }

    public FaultInjector Faults { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    /// <summary>What the provider file states of such an account is what people and the engine rely on.</summary>
    public VendorClass Class => _surface.Truth;

    public SecretText NeverGiven => new(_surface.NeverGiven("nobody-was-ever-given-this-value-0123456789"));

    /// <param name="file">Another text than the file that ships; null: that one.</param>
    public static async Task<SurfaceBench> StartAsync(VendorSurface surface, CancellationToken cancellationToken, string? file = null)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        var faults = new FaultInjector(clock);
        var model = new VendorModel(clock, Seed, surface.Truth);
        var server = await VendorServer.StartAsync(surface, model, new FaultyWire(clock, faults), null, cancellationToken);
        return new SurfaceBench(surface, clock, faults, model, server, file);
    }

    public void Pass(TimeSpan time) => _clock.Advance(time);

    public bool Accepts(SecretText value) => _surface.Secret(value.RevealToRemote()) is { Length: > 0 } secret && Model.Accepts(new SecretText(secret));

    public void LoseNext(LostPart part) => Faults.Add(VendorServer.Api, part is LostPart.Request ? new Fault.DropBefore() : new Fault.DropAfter());

    public bool ThrottleNext()
    {
        Faults.Add(VendorServer.Api, new Fault.Refuse(429, "429", RetryAfter: TimeSpan.FromSeconds(3)));
        return true;
    }

    public bool FillQuota()
    {
        if (_surface.Cap is not { } cap) return false;

        while (Model.Alive(_surface.Target).Count < cap) Model.Add(_surface.Target);
        return true;
    }

    public SecretText? AddStranger() => _surface.Truth.IsShareable ? Stored(Model.Add(_surface.Target)) : null;

    public bool DoErrands() => false;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _server.DisposeAsync();
    }

    private SecretText Stored(VendorCredential credential) => new(_surface.Stored(credential, _surface.Id(VendorCall.Number(credential))));
}
