namespace CredRotation.Providers.Http.Document;

/// <summary>One vendor as text; the name only tells people where it came from.</summary>
public sealed record ProviderFile(string Name, string Text);
