using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine;

/// <summary>
/// The key under which this installation fingerprints values, made in the staging vault on the first visit. Two hosts that make it at once
/// agree on the oldest version.
/// </summary>
internal sealed class InstallationKey(ICredentialVault vault, IOptions<RotationOptions> options) : IDisposable
{
    public const string SecretNameInStaging = "rot-installation-key";

    private const string CallId = "rot-installation-key";

    private readonly SemaphoreSlim _once = new(1, 1);
    private byte[]? _key;

    /// <summary>Six base32 characters of the staging vault's host: markers of this installation carry them.</summary>
    public string Installation => Base32.Hash20(SecretName.HostOf(Staging))[..6];

    public Uri Staging => options.Value.StagingVault ?? throw new InvalidOperationException("Rotation:StagingVault is not set.");

    /// <summary>HMAC-SHA-256 of the value under the installation key, as hex.</summary>
    public async Task<string> FingerprintAsync(SecretText value, CancellationToken cancellationToken)
    {
        var key = _key ?? await LoadAsync(cancellationToken);
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(value.RevealToRemote())));
    }

    /// <summary>A mark under our own words that only this installation can make, as hex. No fingerprint of a value is one.</summary>
    public async Task<string> SealAsync(string words, CancellationToken cancellationToken)
    {
        var key = HMACSHA256.HashData(_key ?? await LoadAsync(cancellationToken), "credrotation seal"u8);
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(words)));
    }

    private async Task<byte[]> LoadAsync(CancellationToken cancellationToken)
    {
        await _once.WaitAsync(cancellationToken);
        try
        {
            if (_key is not null) return _key;

            var name = SecretName.Of(Staging, SecretNameInStaging);
            var oldest = await FindOldestAsync(name, cancellationToken);
            if (oldest is null)
            {
                var made = new SecretText(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
                await vault.WriteAsync(name, new VaultWrite(made, "application/x-credrotation-key", null, new Dictionary<string, string>()), CallId, cancellationToken);
                oldest = await FindOldestAsync(name, cancellationToken)
                    ?? throw new RemoteTroubleException("vault", RemoteTrouble.Unknown, "The installation key was written to the staging vault and is not listed there yet.");
            }

            var secret = await vault.ReadVersionAsync(name, oldest, CallId, cancellationToken);
            return _key = Convert.FromBase64String(secret.Value.RevealToRemote());
        }
        finally
        {
            _once.Release();
        }
    }

    private async Task<string?> FindOldestAsync(SecretName name, CancellationToken cancellationToken)
    {
        try
        {
            var versions = await vault.ListVersionsAsync(name, CallId, cancellationToken);
            // Two made within the same second: the smaller id, so that every host picks the same one.
            return versions.OrderBy(version => version.CreatedOn).ThenBy(version => version.Version, StringComparer.Ordinal).FirstOrDefault()?.Version;
        }
        catch (RemoteTroubleException trouble) when (trouble.Trouble is RemoteTrouble.NotFound)
        {
            return null;
        }
    }

    public void Dispose() => _once.Dispose();
}
