using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Intake;

/// <summary>What the form carries, for one person and one attempt; it opens nothing else.</summary>
public sealed record IntakeForm(string Token, DateTimeOffset EndsOn);

/// <summary>Why a value was not taken, for people; nothing of it was kept.</summary>
/// <param name="IsMovedOn">The rotation waits for it no more; else the form or the value is at fault.</param>
public sealed record IntakeRefusal(string What, string Next, bool IsMovedOn);

/// <summary>
/// Lets a person hand in a credential that only a person can make: write-only, straight into staging, never shown again. Whether it is any good
/// is found out by the next visit. The form's token ends with its time, and with the attempt: once a value was taken as issued, no form of that
/// attempt opens any more.
/// </summary>
public sealed class SealedIntake
{
    /// <summary>How long a form can be sent.</summary>
    public static readonly TimeSpan FormMax = TimeSpan.FromMinutes(30);

    /// <summary>Key Vault takes 25 thousand bytes.</summary>
    public const int ValueMax = 16_000;

    /// <summary>Marks a staged version that a person wrote and nobody has tried.</summary>
    private const string HandedInType = "application/x-credrotation-handed-in";

    private readonly ICredentialVault _vault;
    private readonly ICredentialRegistry _registry;
    private readonly InstallationKey _key;
    private readonly RotationOptions _options;
    private readonly TimeProvider _clock;

    internal SealedIntake(ICredentialVault vault, ICredentialRegistry registry, InstallationKey key, IOptions<RotationOptions> options, TimeProvider clock)
        => (_vault, _registry, _key, _options, _clock) = (vault, registry, key, options.Value, clock);

    /// <summary>Null: the rotation does not wait for anything to be handed in.</summary>
    public async Task<IntakeForm?> OpenAsync(Rotation rotation, string personId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        if (rotation.IntakeMarker is not { } marker) return null;

        var ends = DateTimeOffset.FromUnixTimeSeconds((_clock.GetUtcNow() + FormMax).ToUnixTimeSeconds());
        return new IntakeForm($"{Seconds(ends)}.{await SealAsync(marker, personId, ends, cancellationToken)}", ends);
    }

    /// <summary>Null: it lies in staging and the rotation was told.</summary>
    public async Task<IntakeRefusal?> TakeAsync(Rotation rotation, string token, SecretText value, string personId, string personName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        ArgumentNullException.ThrowIfNull(value);
        if (rotation.IntakeMarker is not { } marker) return MovedOn;
        if (!await IsOursAsync(token, marker, personId, cancellationToken)) return new IntakeRefusal("This form is too old, or was opened for somebody or something else.", "Open the form again from the rotation's page and hand the value in once more.", IsMovedOn: false);
        if (Clean(value) is not { } clean) return new IntakeRefusal($"What was handed in is empty, longer than {ValueMax} characters, or holds control characters.", "Copy the credential once more, without anything around it.", IsMovedOn: false);

        var staging = SecretName.Of(_key.Staging, marker);
        using var timeout = new CancellationTokenSource(_options.EffectTimeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        string version;
        try
        {
            version = await _vault.WriteAsync(staging, new VaultWrite(clean, HandedInType, null, new Dictionary<string, string>()), $"rot-{rotation.Id.Value}-intake", either.Token);
        }
        catch (RemoteTroubleException gone) when (gone.Trouble is RemoteTrouble.Deleted)
        {
            // Whoever closed the rotation has cleared its staging.
            return MovedOn;
        }

        await _registry.TellAsync(rotation.Plan.Credential, new InboxItem.HandIn(_clock.GetUtcNow(), rotation.Id, marker, version, personId, personName), CancellationToken.None);
        return null;
    }

    private static IntakeRefusal MovedOn => new("The rotation does not wait for a credential to be handed in any more.", "Nothing was kept. Look at the rotation's page; if what you made there is not needed, delete it at the provider.", IsMovedOn: true);

    /// <summary>What was copied often has white space around it, which no credential has.</summary>
    private static SecretText? Clean(SecretText value)
    {
        var text = value.RevealToRemote().Trim();
        return text.Length is > 0 and <= ValueMax && !text.Any(character => char.IsControl(character) && character is not ('\n' or '\r')) ? new SecretText(text) : null;
    }

    private async Task<bool> IsOursAsync(string token, string marker, string personId, CancellationToken cancellationToken)
    {
        if (token.Split('.') is not [var until, var seal] || !long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds()) return false;

        var ends = DateTimeOffset.FromUnixTimeSeconds(seconds);
        var expected = await SealAsync(marker, personId, ends, cancellationToken);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.UTF8.GetBytes(seal)) && _clock.GetUtcNow() < ends;
    }

    private Task<string> SealAsync(string marker, string personId, DateTimeOffset ends, CancellationToken cancellationToken)
        => _key.SealAsync($"intake\n{marker}\n{personId.ToUpperInvariant()}\n{Seconds(ends)}", cancellationToken);

    private static string Seconds(DateTimeOffset instant) => instant.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
