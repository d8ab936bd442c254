using System.Collections.Concurrent;
using Azure.Core;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Engine;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.KeyVault;

/// <summary>One client per vault host, none of which repeats a call by itself.</summary>
public sealed class KeyVaultClientFactory(TokenCredential credential, IOptions<RotationOptions> rotation)
{
    private readonly ConcurrentDictionary<string, Lazy<SecretClient>> _clients = new(StringComparer.Ordinal);

    /// <summary>What a head that is not on Azure adds to every client (transport, challenge check); set before the first call.</summary>
    public Action<SecretClientOptions>? Configure { get; set; }

    public SecretClient For(Uri vault) => _clients.GetOrAdd(SecretName.HostOf(vault), host => new Lazy<SecretClient>(() => Make(host))).Value;

    private SecretClient Make(string host)
    {
        var options = new SecretClientOptions();
        // A repeated PUT would write a second version: the engine alone decides what is tried again.
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = rotation.Value.EffectTimeout;
        options.Diagnostics.IsLoggingContentEnabled = false;
        Configure?.Invoke(options);
        return new SecretClient(new Uri($"https://{host}/"), credential, options);
    }
}
