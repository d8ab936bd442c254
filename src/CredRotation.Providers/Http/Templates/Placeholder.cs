namespace CredRotation.Providers.Http.Templates;

/// <summary>Everything a template may name.</summary>
internal enum Source { Parameter, BaseAddress, Vault, Target, NewId, NewSecret, OldId, OldSecret, Marker, IdempotencyKey, Attempt, ExpiresOn, Page }

/// <summary>How a value is written.</summary>
internal enum Filter { None, Number, Iso8601, Date, UnixSeconds, Raw, List }

/// <summary>One place in a template that is filled when a request is made.</summary>
/// <param name="Name">The parameter or the vault secret, else empty.</param>
internal sealed record Placeholder(Source Source, string Name, Filter Filter)
{
    public bool IsSecret => Source is Source.Vault or Source.NewSecret or Source.OldSecret;

    /// <summary>A JSON body writes it as a number.</summary>
    public bool IsNumber => Filter is Filter.Number or Filter.UnixSeconds;
}
