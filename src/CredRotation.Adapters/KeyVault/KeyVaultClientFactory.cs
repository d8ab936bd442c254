using System.Collections.Concurrent;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Engine;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.KeyVault;

/// <summary>One client per vault host, none of which repeats a call by itself.</summary>
public sealed class KeyVaultClientFactory(TokenCredential credential, IOptions<RotationOptions> rotation)
{
    private const string PublicCloudScope = "https://vault.azure.net/.default";

    private readonly ConcurrentDictionary<string, Lazy<SecretClient>> _clients = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<HttpPipeline>> _pipelines = new(StringComparer.Ordinal);

    /// <summary>What a head that is not on Azure adds to every client (transport, challenge check); set before the first call.</summary>
    public Action<SecretClientOptions>? Configure { get; set; }

    /// <summary>What a token for this vault is asked for with.</summary>
    internal string ScopeOf(Uri vault) => ScopeOf(SecretName.HostOf(vault), Options());

    public SecretClient For(Uri vault) => _clients.GetOrAdd(SecretName.HostOf(vault), host => new Lazy<SecretClient>(() => Make(host))).Value;

    /// <summary>For lists that the secrets client does not have.</summary>
    public HttpPipeline PipelineFor(Uri vault) => _pipelines.GetOrAdd(SecretName.HostOf(vault), host => new Lazy<HttpPipeline>(() => MakePipeline(host))).Value;

    private SecretClient Make(string host) => new(new Uri($"https://{host}/"), credential, Options());

    private HttpPipeline MakePipeline(string host)
    {
        var options = Options();
        return HttpPipelineBuilder.Build(options, new BearerTokenAuthenticationPolicy(credential, ScopeOf(host, options)));
    }

    // As the SDK does it: a token is for the domain that the vault is in, so no other host ever gets one for Key Vault.
    private static string ScopeOf(string host, SecretClientOptions options)
        => options.DisableChallengeResourceVerification ? PublicCloudScope : $"https://{host[(host.IndexOf('.', StringComparison.Ordinal) + 1)..]}/.default";

    private SecretClientOptions Options()
    {
        var options = new SecretClientOptions();
        // A repeated PUT would write a second version: the engine alone decides what is tried again.
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = rotation.Value.EffectTimeout;
        options.Diagnostics.IsLoggingContentEnabled = false;
        Configure?.Invoke(options);
        return options;
    }
}
