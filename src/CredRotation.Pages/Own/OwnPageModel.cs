namespace CredRotation.Pages.Own;

/// <summary>Something that CredRotation itself depends on.</summary>
/// <param name="ExpiresOn">Null: no end is known, or there is none; <paramref name="Says"/> tells which.</param>
/// <param name="Tone">good, warn, bad or calm.</param>
public sealed record OwnLine(string What, string Where, string For, DateTimeOffset? ExpiresOn, string Tone, string Says, string? Credential);

/// <summary>Everything that this app needs to go on, with its end. Pure.</summary>
public sealed record OwnPageModel(IReadOnlyList<OwnLine> Lines, string Person, DateTimeOffset Now);
