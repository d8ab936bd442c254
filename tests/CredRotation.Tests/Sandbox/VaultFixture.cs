using System.Security.Cryptography.X509Certificates;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Engine;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>A vault server with the real SDK in front of it.</summary>
public sealed class VaultFixture : IAsyncLifetime
{
    private readonly X509Certificate2 _certificate = SandboxCertificate.Create();
    private readonly SandboxSignIn _signIn = new();
    private VaultServer? _server;
    private HttpClient? _http;

    public VaultFixture()
    {
        Faults = new FaultInjector(Clock);
        Model = new VaultModel(Clock, seed: 7);
    }

    public SandboxClock Clock { get; } = new();

    public FaultInjector Faults { get; }

    public VaultModel Model { get; }

    public Uri Vault => _server!.Vaults["payments"];

    public string Host => SecretName.HostOf(Vault);

    public HttpClient Http => _http!;

    public async ValueTask InitializeAsync()
    {
        _server = await VaultServer.StartAsync(Model, new FaultyWire(Clock, Faults), _certificate, ["payments", "staging"], [0, 0], _signIn.VaultCallerOf, TestContext.Current.CancellationToken);
        _http = PinnedTransport.Client(SandboxCertificate.Thumbprint(_certificate));
    }

    public string TokenOf(string caller) => _signIn.TokenFor(caller, SandboxSignIn.VaultAudience);

    public SecretClient Client(string caller = SandboxSignIn.RotatorApp, string vault = "payments")
    {
        var options = new SecretClientOptions { DisableChallengeResourceVerification = true, Transport = new HttpClientTransport(Http) };
        options.Retry.MaxRetries = 0;
        return new SecretClient(_server!.Vaults[vault], new SandboxTokenCredential(TokenOf(caller)), options);
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        _certificate.Dispose();
    }
}
