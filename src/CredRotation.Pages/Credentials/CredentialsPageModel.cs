using CredRotation.Engine;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Releases;

namespace CredRotation.Pages.Credentials;

/// <summary>The inventory as a person reads it: what needs somebody first, then what is rotated, then what is only watched.</summary>
public sealed record CredentialsPageModel(
    IReadOnlyList<CredentialLine> Lines,
    bool IsCut,
    IReadOnlyList<ObjectFinding> Findings,
    IReadOnlyList<WatchedLine> Unmanaged,
    string Person,
    DateTimeOffset Now)
{
    /// <summary>Rows of one table; the rest is a number.</summary>
    public const int ShownMax = 200;

    /// <param name="mine">Credentials for which the viewer answers, as far as that was looked up.</param>
    public static CredentialsPageModel Of(IReadOnlyList<CredentialRow> rows, bool isCut, IReadOnlyList<ObjectFinding> findings, IReadOnlyList<WatchedLine> unmanaged, string person, DateTimeOffset now, IReadOnlySet<CredentialId>? mine = null)
        => new([.. rows.Select(row => CredentialLine.Of(row, mine?.Contains(row.Id) is true, now)).OrderBy(line => line.ExpiresOn ?? DateTimeOffset.MaxValue)], isCut, findings, unmanaged, person, now);
}

/// <summary>One managed credential in the list.</summary>
/// <param name="Rotation">The newest rotation's id, if there was one.</param>
/// <param name="Change">Another binding that waits for consent, if one does.</param>
/// <param name="ReleaseAsked">What an operator asks the owners, while it stands.</param>
public sealed record CredentialLine(string Id, string Name, string Vault, string VaultUri, string Account, string Target, DateTimeOffset? ExpiresOn, string? Rotation, bool IsOpen, DateTimeOffset? WakeOn, BindingChangeLine? Change, ReleaseRequest? ReleaseAsked, bool CanRelease)
{
    public static CredentialLine Of(CredentialRow row, bool isMine, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(row);
        var rotation = row.Ordinal > 0 ? RotationId.Of(row.Id, row.Ordinal).Value : null;
        return new(row.Id.Value, row.Secret.Name, row.Secret.VaultHost, row.Secret.VaultUri.AbsoluteUri, row.Binding.Account, row.Binding.Target, row.Seen.ExpiresOn, rotation, row.IsOpen, row.WakeOn, BindingChangeLine.Of(row, isMine), row.ReleaseAsked is { } asked && !asked.IsOver(now) ? asked : null, isMine && !row.IsOpen);
    }
}

/// <summary>What another binding would change, and who said yes so far.</summary>
public sealed record BindingChangeLine(string Hash, DateTimeOffset AskedOn, IReadOnlyList<BindingDifference> Lines, IReadOnlyList<string> Consents, bool CanConsent)
{
    public static BindingChangeLine? Of(CredentialRow row, bool canConsent)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Pending is { } pending
            ? new(pending.Hash, pending.AskedOn, row.Binding.DifferencesTo(pending.Binding), [.. pending.Consents.Select(consent => consent.PersonName)], canConsent)
            : null;
    }
}
