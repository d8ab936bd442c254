using Azure;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Engine;
using Microsoft.Extensions.Options;
using AzureProperties = Azure.Security.KeyVault.Secrets.SecretProperties;
using SecretProperties = CredRotation.Engine.SecretProperties;

namespace CredRotation.Adapters.KeyVault;

/// <summary>
/// Azure Key Vault. Every call is made once, but a list that a busy vault puts off by seconds; it ends within the effect's time-out, and fails in
/// words that name vault, secret and remedy.
/// </summary>
/// <param name="clock">By which a busy vault is waited for; null: the machine's.</param>
public sealed class KeyVaultCredentialVault(KeyVaultClientFactory clients, IOptions<RotationOptions> rotation, TimeProvider? clock = null) : ICredentialVault
{
    /// <summary>Tries of a list at a busy vault, and the longest pause between two: an effect's time-out holds them all.</summary>
    private const int TriesMax = 3;
    private static readonly TimeSpan BusyMax = TimeSpan.FromSeconds(5);


    /// <summary>Pages of 25 that one listing reads before it gives up on ever ending.</summary>
    internal const int PagesMax = 4000;

    // A version id has 32 characters; the bound only keeps nonsense out of the ledger.
    private const int VersionMax = 64;

    public Task<IReadOnlyList<SecretProperties>> ListVersionsAsync(SecretName secret, string callId, CancellationToken cancellationToken)
        => CallAsync<IReadOnlyList<SecretProperties>>(
            secret,
            "list the versions of",
            callId,
            (client, deadline) => PatientlyAsync(() => ListVersionsAsync(client, secret, deadline), deadline),
            cancellationToken);

    private static async Task<IReadOnlyList<SecretProperties>> ListVersionsAsync(SecretClient client, SecretName secret, CancellationToken deadline)
    {
        var (versions, count) = (new List<SecretProperties>(), 0);
        await foreach (var page in client.GetPropertiesOfSecretVersionsAsync(secret.Name, deadline).AsPages().WithCancellation(deadline))
        {
            if (++count > PagesMax) throw KeyVaultTrouble.Endless(secret.VaultHost, "list the versions of", PagesMax);
            versions.AddRange(page.Values.Select(version => Read(secret, version)));
        }

        // The vault promises no order. OrderBy is stable: versions of the same second stay as they came.
        return [.. versions.OrderBy(version => version.CreatedOn ?? DateTimeOffset.MinValue)];
    }

    /// <summary>A sweep of many must not give up a vault for one of its lists. Where the vault does not say when, the caller decides.</summary>
    private async Task<T> PatientlyAsync<T>(Func<Task<T>> list, CancellationToken deadline)
    {
        for (var attempt = 1; ; attempt++)
        {
            var pause = TimeSpan.Zero;
            try
            {
                return await list();
            }
            catch (RequestFailedException busy) when (busy.Status == 429 && attempt < TriesMax && KeyVaultTrouble.RetryAfter(busy.GetRawResponse()) is { } after && after <= BusyMax)
            {
                pause = after;
            }

            await Task.Delay(pause, clock ?? TimeProvider.System, deadline);
        }
    }

    public Task<VaultSecret> ReadCurrentAsync(SecretName secret, string callId, CancellationToken cancellationToken)
        => ReadAsync(secret, null, callId, cancellationToken);

    public Task<VaultSecret> ReadVersionAsync(SecretName secret, string version, string callId, CancellationToken cancellationToken)
        => ReadAsync(secret, version, callId, cancellationToken);

    public Task ConfirmWritableAsync(SecretProperties current, string callId, CancellationToken cancellationToken)
        => CallAsync(
            current.Secret,
            "update the properties of",
            callId,
            (client, deadline) =>
            {
                // What is not sent stays as it is, so one member with the value it has already changes nothing.
                var same = new AzureProperties(new Uri($"{current.Secret}/{current.Version ?? throw new ArgumentException("Only a version has properties to update.", nameof(current))}"));
                if (current.ContentType is { } contentType) same.ContentType = contentType;
                else same.Enabled = current.IsEnabled;
                return client.UpdateSecretPropertiesAsync(same, deadline);
            },
            cancellationToken);

    public Task RetagAsync(SecretProperties current, IReadOnlyDictionary<string, string> tags, DateTimeOffset? expiresOn, string callId, CancellationToken cancellationToken)
        => CallAsync(
            current.Secret,
            "update the properties of",
            callId,
            (client, deadline) =>
            {
                var changed = new AzureProperties(new Uri($"{current.Secret}/{current.Version ?? throw new ArgumentException("Only a version has properties to update.", nameof(current))}"));
                foreach (var (name, value) in tags) changed.Tags[name] = value;
                // What is not sent stays as it is.
                if (expiresOn is { } end) changed.ExpiresOn = end;
                return client.UpdateSecretPropertiesAsync(changed, deadline);
            },
            cancellationToken);

    public Task<string> WriteAsync(SecretName secret, VaultWrite write, string callId, CancellationToken cancellationToken)
        => CallAsync(
            secret,
            "write",
            callId,
            async (client, deadline) =>
            {
                var written = await client.SetSecretAsync(Wire(secret, write), deadline);
                return written.Value.Properties.Version is { Length: > 0 and <= VersionMax } version
                    ? version
                    : throw KeyVaultTrouble.Unreadable(secret.VaultHost, secret.Name, "write", "no version");
            },
            cancellationToken);

    public async Task DiscardAsync(SecretName secret, string callId, CancellationToken cancellationToken)
    {
        try
        {
            // The delete is accepted at once; its completion is nothing to wait for.
            await CallAsync(secret, "delete", callId, (client, deadline) => client.StartDeleteSecretAsync(secret.Name, deadline), cancellationToken);
        }
        catch (RemoteTroubleException trouble) when (trouble.Trouble is RemoteTrouble.NotFound or RemoteTrouble.Deleted)
        {
            // Gone or going already, which is what was asked for.
        }
    }

    private Task<VaultSecret> ReadAsync(SecretName secret, string? version, string callId, CancellationToken cancellationToken)
        => CallAsync(
            secret,
            "read",
            callId,
            async (client, deadline) =>
            {
                var answer = await client.GetSecretAsync(secret.Name, version, deadline);
                return answer.Value is { Value.Length: > 0, Properties.Version.Length: > 0 and <= VersionMax } found
                    ? new VaultSecret(Read(secret, found.Properties), new SecretText(found.Value), answer.GetRawResponse().Headers.Date)
                    : throw KeyVaultTrouble.Unreadable(secret.VaultHost, secret.Name, "read", "no value or no version");
            },
            cancellationToken);

    private async Task<T> CallAsync<T>(SecretName secret, string verb, string callId, Func<SecretClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        // The SDK's own time-out covers one request; the claim needs the end of the whole effect, token and challenge included.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(rotation.Value.EffectTimeout);
        using var named = HttpPipeline.CreateClientRequestIdScope(callId);
        try
        {
            return await call(clients.For(secret.VaultUri), deadline.Token);
        }
        catch (Exception exception) when (IsTrouble(exception, cancellationToken))
        {
            throw KeyVaultTrouble.Of(exception, secret.VaultHost, secret.Name, verb);
        }
    }

    private static bool IsTrouble(Exception exception, CancellationToken cancellationToken)
        => exception is not RemoteTroubleException && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested);

    private static KeyVaultSecret Wire(SecretName secret, VaultWrite write)
    {
        var wire = new KeyVaultSecret(secret.Name, write.Value.RevealToRemote());
        wire.Properties.ContentType = write.ContentType;
        wire.Properties.ExpiresOn = write.ExpiresOn;
        foreach (var (name, value) in write.Tags) wire.Properties.Tags[name] = value;
        return wire;
    }

    private static SecretProperties Read(SecretName secret, AzureProperties properties) => new(
        secret,
        properties.Version,
        // The service always says it; an answer without it must not make a dead version look alive.
        properties.Enabled ?? false,
        properties.ExpiresOn,
        properties.CreatedOn,
        properties.UpdatedOn,
        properties.ContentType,
        new Dictionary<string, string>(properties.Tags, StringComparer.Ordinal),
        properties.Managed);
}
