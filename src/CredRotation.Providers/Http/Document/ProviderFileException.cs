namespace CredRotation.Providers.Http.Document;

/// <summary>Vendor files that cannot be used, with everything that is wrong with them at once. Nothing was sent to any provider.</summary>
public sealed class ProviderFileException(IReadOnlyList<ProviderFileProblem> problems)
    : Exception($"Provider files cannot be used; no provider was called.{Environment.NewLine}{string.Join(Environment.NewLine, problems)}")
{
    public IReadOnlyList<ProviderFileProblem> Problems { get; } = problems;
}
