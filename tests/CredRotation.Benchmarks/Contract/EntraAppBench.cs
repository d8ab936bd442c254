using Azure.Core;
using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Graph;
using Microsoft.Kiota.Authentication.Azure;

namespace CredRotation.Benchmarks.Contract;

/// <summary>The secrets of an app registration over the sandbox's directory and token endpoint, through real HTTP and the real Graph library.</summary>
internal sealed class EntraAppBench : IProviderBench
{
    private const string AppId = "0a9f7c52-6f1e-4a0e-9d2b-5c3e8f7a1b20", ObjectId = "5d1f9b34-0c5a-4f7a-8a3e-2b6c7d8e9f01";

    private readonly FakeTimeProvider _clock;
    private readonly FaultInjector _faults;
    private readonly DirectoryServer _directory;
    private readonly ServiceProvider _services;
    private readonly AppRegistration _app;

    private EntraAppBench(FakeTimeProvider clock, FaultInjector faults, ApplicationModel model, DirectoryServer directory, SignInServer signIn)
    {
        (_clock, _faults, Model, _directory, SignIn) = (clock, faults, model, directory, signIn);
        _app = model.Register(AppId, ObjectId, "Shop checkout");
        Current = model.Add(_app, "made by hand", TimeSpan.FromDays(365)).Value;
        var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions()))
            .AddSingleton<TokenCredential>(new SandboxTokenCredential("sandbox"))
            .AddSingleton(CloudEndpoints.Of(null) with { SignIn = signIn.Address })
            .AddSingleton(provider => new GraphServiceClient(
                provider.GetRequiredService<IHttpClientFactory>().CreateClient("directory"),
                new AzureIdentityAuthenticationProvider(provider.GetRequiredService<TokenCredential>(), [directory.BaseUri.Host], null, true, ["https://graph.microsoft.com/.default"]),
                directory.BaseUri.AbsoluteUri))
            .AddLogging()
            .AddProviders();
        // One try for each call: how often the app's own client tries a read again is not the provider's.
        services.AddHttpClient("directory").ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero });
        _services = services.BuildServiceProvider();
        Provider = _services.GetRequiredService<IProviderCatalog>().Find("entra-app-secret")!;
        Target = new ProviderTarget("tenant", AppId, new Dictionary<string, string> { ["tenantId"] = ApplicationModel.Tenant }, new Dictionary<string, SecretText>());
    }

    public ApplicationModel Model { get; }

    public AppRegistration App => _app;

    public SignInServer SignIn { get; }

    public FaultInjector Faults => _faults;

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    public static async Task<EntraAppBench> StartAsync(CancellationToken cancellationToken)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        var faults = new FaultInjector(clock);
        var model = new ApplicationModel(clock, seed: 11);
        var wire = new FaultyWire(clock, faults);
        var directory = await DirectoryServer.StartAsync(new DirectoryModel(clock), new InboxModel(clock), wire, null, cancellationToken, model);
        return new EntraAppBench(clock, faults, model, directory, await SignInServer.StartAsync(model, wire, cancellationToken));
    }

    public void Pass(TimeSpan time) => _clock.Advance(time);

    public bool Accepts(SecretText value) => Model.Accepts(value);

    public void LoseNext(LostPart part) => _faults.Add("", part is LostPart.Request ? new Fault.DropBefore() : new Fault.DropAfter());

    public bool ThrottleNext()
    {
        _faults.Add("", new Fault.Refuse(429, "TooManyRequests", RetryAfter: TimeSpan.FromSeconds(3)));
        return true;
    }

    public bool FillQuota()
    {
        _faults.Add("directory.addPassword", new Fault.Refuse(400, "Directory_QuotaExceeded"));
        return true;
    }

    public SecretText? AddStranger() => Model.Add(_app, "somebody else's", TimeSpan.FromDays(365)).Value;

    public bool DoErrands() => false;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await SignIn.DisposeAsync();
        await _directory.DisposeAsync();
    }
}
