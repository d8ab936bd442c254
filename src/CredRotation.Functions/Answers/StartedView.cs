namespace CredRotation.Functions.Answers;

/// <summary>The rotation that was asked for; it exists once the next visit opened it.</summary>
public sealed record StartedView(string Id, string Credential);
