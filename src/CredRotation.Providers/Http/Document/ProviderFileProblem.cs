namespace CredRotation.Providers.Http.Document;

/// <summary>One thing wrong with a vendor file: where, what, and how to put it right.</summary>
/// <param name="Place">JSON Pointer (RFC 6901) into the file; empty for the file as a whole.</param>
public sealed record ProviderFileProblem(string File, string Place, string What, string Remedy)
{
    public override string ToString() => $"{File}#{Place} {What}: {Remedy}.";
}
