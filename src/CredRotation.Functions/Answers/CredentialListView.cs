namespace CredRotation.Functions.Answers;

/// <summary>The inventory as JSON; <paramref name="IsCut"/> says that more exist than are shown.</summary>
public sealed record CredentialListView(IReadOnlyList<CredentialView> Credentials, bool IsCut);
