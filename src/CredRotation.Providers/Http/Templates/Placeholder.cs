namespace CredRotation.Providers.Http.Templates;

/// <summary>Everything a template may name.</summary>
internal enum Source
{
    Parameter, BaseAddress, Vault, Target, NewId, NewSecret, OldId, OldSecret, Marker, IdempotencyKey, Attempt, ExpiresOn, Page, Offset, Found, Material, MaterialPublicKey, Overlap, OverlapEnd,
}

/// <summary>How a value is written.</summary>
internal enum Filter { None, Number, Iso8601, Date, UnixSeconds, Raw, List, Json, Seconds, Minutes, Hours, Days, EsDuration, Base64 }

/// <summary>One place in a template that is filled when a request is made.</summary>
/// <param name="Name">The parameter or the vault secret, else empty.</param>
internal sealed record Placeholder(Source Source, string Name, Filter Filter)
{
    public bool IsSecret => Source is Source.Vault or Source.NewSecret or Source.OldSecret or Source.Material;

    /// <summary>A JSON body writes it as a number.</summary>
    public bool IsNumber => Filter is Filter.Number or Filter.UnixSeconds or Filter.Seconds or Filter.Minutes or Filter.Hours or Filter.Days;

    /// <summary>Becomes something else than a text, so it can only be a whole value.</summary>
    public bool IsWhole => Filter is Filter.List or Filter.Json;
}
