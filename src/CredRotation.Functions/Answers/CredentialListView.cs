using CredRotation.Engine.Registry;

namespace CredRotation.Functions.Answers;

/// <summary>The inventory as JSON; <paramref name="IsCut"/> says that more exist than are shown.</summary>
/// <param name="Findings">Secrets that could not be adopted; for operators and auditors.</param>
public sealed record CredentialListView(IReadOnlyList<CredentialView> Credentials, bool IsCut, IReadOnlyList<SecretFindingView> Findings);

/// <summary>A secret that is not managed, why, and the remedy.</summary>
public sealed record SecretFindingView(string Vault, string Secret, string Code, string Detail, string Remedy, DateTimeOffset Since)
{
    public static SecretFindingView Of(SecretFinding found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return new(found.Secret.VaultUri.AbsoluteUri, found.Secret.Name, found.Finding.Code, found.Finding.Detail, found.Finding.Remedy, found.Finding.Since);
    }
}
