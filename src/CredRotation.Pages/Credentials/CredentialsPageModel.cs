using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Pages.Credentials;

/// <summary>The inventory as a person reads it: what needs somebody first, then by end.</summary>
public sealed record CredentialsPageModel(IReadOnlyList<CredentialLine> Lines, bool IsCut, IReadOnlyList<SecretFinding> Findings, string Person, DateTimeOffset Now)
{
    public static CredentialsPageModel Of(IReadOnlyList<CredentialRow> rows, bool isCut, IReadOnlyList<SecretFinding> findings, string person, DateTimeOffset now)
        => new([.. rows.Select(CredentialLine.Of).OrderByDescending(line => line.Findings.Count > 0).ThenBy(line => line.ExpiresOn ?? DateTimeOffset.MaxValue)], isCut, findings, person, now);
}

/// <summary>One managed credential in the list.</summary>
/// <param name="Rotation">The newest rotation's id, if there was one.</param>
public sealed record CredentialLine(string Name, string Vault, string Account, string Target, DateTimeOffset? ExpiresOn, string? Rotation, bool IsOpen, DateTimeOffset? WakeOn, IReadOnlyList<Finding> Findings)
{
    public static CredentialLine Of(CredentialRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var rotation = row.Ordinal > 0 ? RotationId.Of(row.Id, row.Ordinal).Value : null;
        return new(row.Secret.Name, row.Secret.VaultHost, row.Binding.Account, row.Binding.Target, row.Seen.ExpiresOn, rotation, row.IsOpen, row.WakeOn, row.Findings);
    }
}
