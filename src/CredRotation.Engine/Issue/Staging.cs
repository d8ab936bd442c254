using System.Globalization;

namespace CredRotation.Engine.Issue;

/// <summary>What staging holds for an attempt.</summary>
internal abstract record Staged
{
    /// <summary>Nothing, or only the reservation: the value was never staged.</summary>
    public sealed record Nothing : Staged;

    /// <summary>The value that the caller made and that may or may not have been sent.</summary>
    public sealed record Material(SecretText Value) : Staged;

    /// <summary>The issued value.</summary>
    public sealed record Issued(string Version, IssueOutcome.Issued Result) : Staged;
}

/// <summary>The rotator's own vault: one name per attempt, whose newest version says by its content type what it holds.</summary>
internal sealed class Staging(Remotes remotes, ICredentialVault vault, InstallationKey key)
{
    /// <summary>Marks a staged version that holds no value yet.</summary>
    public const string ReservationType = "application/x-credrotation-reservation";

    private const string MaterialType = "application/x-credrotation-material";
    private const string ValueType = "application/x-credrotation-staged";
    private const string IdTag = "provider-id";
    private const string ExpiryTag = "provider-expires-on";
    private const string OldEndTag = "old-valid-until";

    /// <summary>Tries to stage a value we hold, within one visit.</summary>
    private const int TriesMax = 3;

    /// <summary>Rule 1: a place for the value, before anything can make one. A caller-made value is its own reservation.</summary>
    public Task<string> ReserveAsync(Visit visit, string marker, SecretText? material, CancellationToken cancellationToken)
    {
        var write = material is null
            ? new VaultWrite(new SecretText("reserved"), ReservationType, null, new Dictionary<string, string>())
            : new VaultWrite(material, MaterialType, null, new Dictionary<string, string>());
        return remotes.EffectAsync(visit, "vault", "reserve staging", "Issue: rule 1, reservation in staging",
            (callId, token) => vault.WriteAsync(SecretName.Of(key.Staging, marker), write, callId, token), cancellationToken);
    }

    /// <summary>Rule 2: the value, before anything else. Runs to the claim's very end. Writing it twice is harmless: the newest version is the same value, and the ledger names one.</summary>
    public async Task<string> StageAsync(Visit visit, string marker, IssueOutcome.Issued issued)
    {
        var tags = new Dictionary<string, string>();
        if (issued.Id is { } id) tags[IdTag] = id;
        if (issued.ExpiresOn is { } ends) tags[ExpiryTag] = ends.ToString("O", CultureInfo.InvariantCulture);
        if (issued.OldValidUntil is { } oldEnds) tags[OldEndTag] = oldEnds.ToString("O", CultureInfo.InvariantCulture);
        var write = new VaultWrite(issued.Value, ValueType, null, tags);
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await remotes.FinishAsync(visit, "vault", "stage value", "Issue: rule 2, value staged before anything else",
                    (callId, token) => vault.WriteAsync(SecretName.Of(key.Staging, marker), write, callId, token));
            }
            catch (RemoteTroubleException) when (tries < TriesMax)
            {
                continue;
            }
        }
    }

    /// <summary>What an earlier visit left.</summary>
    public async Task<Staged> FindAsync(Visit visit, string marker, CancellationToken cancellationToken)
    {
        var found = await remotes.ReadAsync(visit, "vault", "read staging", "Issue: recover, the value may be staged",
            (callId, token) => ReadAsync(SecretName.Of(key.Staging, marker), callId, token), cancellationToken);
        remotes.Heard(visit, found?.RemoteDate);
        return found?.Properties switch
        {
            { ContentType: MaterialType } => new Staged.Material(found.Value),
            { ContentType: ValueType, Version: { } version, Tags: var tags } => new Staged.Issued(version,
                new IssueOutcome.Issued(found.Value, tags.GetValueOrDefault(IdTag), Instant(tags.GetValueOrDefault(ExpiryTag)), Instant(tags.GetValueOrDefault(OldEndTag)))),
            _ => new Staged.Nothing(),
        };
    }

    private async Task<VaultSecret?> ReadAsync(SecretName staging, string callId, CancellationToken cancellationToken)
    {
        try
        {
            return await vault.ReadCurrentAsync(staging, callId, cancellationToken);
        }
        catch (RemoteTroubleException trouble) when (trouble.Trouble is RemoteTrouble.NotFound)
        {
            return null;
        }
    }

    private static DateTimeOffset? Instant(string? text)
        => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant : null;
}
