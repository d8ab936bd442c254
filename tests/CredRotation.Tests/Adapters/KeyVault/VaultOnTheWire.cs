using Azure.Core.Pipeline;
using CredRotation.Adapters.KeyVault;
using CredRotation.Engine;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Adapters.KeyVault;

/// <summary>The real SDK over answers shaped like Key Vault's, the first challenge included.</summary>
internal sealed class VaultOnTheWire
{
    public static readonly SecretName Secret = SecretName.Of(new Uri("https://payments.vault.azure.net/"), "gateway-key");

    private VaultOnTheWire(HttpMessageHandler handler, TimeSpan timeout)
    {
        var options = Options.Create(new RotationOptions { EffectTimeout = timeout });
        var clients = new KeyVaultClientFactory(new NamedCredential(), options) { Configure = client => client.Transport = new HttpClientTransport(handler) };
        Vault = new KeyVaultCredentialVault(clients, options);
        Inventory = new KeyVaultInventory(clients, options, TimeProvider.System);
    }

    public KeyVaultInventory Inventory { get; }

    public KeyVaultCredentialVault Vault { get; }

    public List<Sent> Requests { get; private init; } = [];

    public static VaultOnTheWire Answering(Func<Sent, HttpResponseMessage> answer)
    {
        var authorized = new List<Sent>();
        var wire = new Wire(sent =>
        {
            if (sent.Authorization is null)
                return Wire.Json(401, "{}", ("WWW-Authenticate", "Bearer authorization=\"https://login.microsoftonline.com/tenant\", resource=\"https://vault.azure.net\""));
            authorized.Add(sent);
            return answer(sent);
        });
        return new VaultOnTheWire(wire, TimeSpan.FromSeconds(30)) { Requests = authorized };
    }

    public static VaultOnTheWire Answering(int status, string body, params (string Name, string Value)[] headers) => Answering(_ => Wire.Json(status, body, headers));

    public static VaultOnTheWire NeverAnswering(TimeSpan timeout) => new(Wire.Silent, timeout);

    public static string Bundle(string version, string? value, string attributes = "\"enabled\":true,\"created\":1790000000,\"updated\":1790000000")
        => $$"""{{{(value is null ? "" : $"\"value\":\"{value}\",")}}"id":"https://payments.vault.azure.net/secrets/gateway-key/{{version}}","contentType":"text/plain","attributes":{{{attributes}}},"tags":{"rotate-account":"adyen"} }""";
}
