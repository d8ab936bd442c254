using CredRotation.Engine;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;

namespace CredRotation.Pages.Credentials;

/// <summary>The inventory as a person reads it: what needs somebody first, then what is rotated, then what is only watched.</summary>
public sealed record CredentialsPageModel(
    IReadOnlyList<CredentialLine> Lines,
    bool IsCut,
    IReadOnlyList<ObjectFinding> Findings,
    IReadOnlyList<VaultObject> Unmanaged,
    string Person,
    DateTimeOffset Now)
{
    /// <summary>Rows of one table; the rest is a number.</summary>
    public const int ShownMax = 200;

    public static CredentialsPageModel Of(IReadOnlyList<CredentialRow> rows, bool isCut, IReadOnlyList<ObjectFinding> findings, IReadOnlyList<VaultObject> unmanaged, string person, DateTimeOffset now)
        => new([.. rows.Select(CredentialLine.Of).OrderBy(line => line.ExpiresOn ?? DateTimeOffset.MaxValue)], isCut, findings, unmanaged, person, now);
}

/// <summary>One managed credential in the list.</summary>
/// <param name="Rotation">The newest rotation's id, if there was one.</param>
public sealed record CredentialLine(string Name, string Vault, string Account, string Target, DateTimeOffset? ExpiresOn, string? Rotation, bool IsOpen, DateTimeOffset? WakeOn)
{
    public static CredentialLine Of(CredentialRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var rotation = row.Ordinal > 0 ? RotationId.Of(row.Id, row.Ordinal).Value : null;
        return new(row.Secret.Name, row.Secret.VaultHost, row.Binding.Account, row.Binding.Target, row.Seen.ExpiresOn, rotation, row.IsOpen, row.WakeOn);
    }
}
