namespace CredRotation.Functions.Answers;

/// <summary>The inventory as JSON; <paramref name="IsCut"/> says that more exist than are shown.</summary>
/// <param name="Findings">The worst first.</param>
/// <param name="Unmanaged">What is only watched, by its end; for operators and auditors.</param>
public sealed record CredentialListView(IReadOnlyList<CredentialView> Credentials, bool IsCut, IReadOnlyList<FindingView> Findings, IReadOnlyList<WatchedView> Unmanaged);
