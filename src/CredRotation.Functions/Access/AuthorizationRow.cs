namespace CredRotation.Functions.Access;

/// <summary>What a call is about; decides whose credential it is.</summary>
public enum Subject
{
    /// <summary>No single credential: an owner sees what is theirs.</summary>
    All,

    /// <summary>The route's id is a credential's.</summary>
    Credential,

    /// <summary>The route's id is a rotation's.</summary>
    Rotation,

    /// <summary>The body says which, and the call itself looks.</summary>
    Body,

    /// <summary>The body names a credential by its vault and secret: whose it is decides.</summary>
    Named,

    /// <summary>The route's name says what the id is.</summary>
    Page,
}

/// <summary>One call: how it is reached, who may make it, and the only members its body may have.</summary>
/// <param name="Required">Members that must be there; every member is a string.</param>
/// <param name="Optional">Members that may be there.</param>
/// <param name="HasForm">A page posts it as a form, too.</param>
public sealed record AuthorizationRow(
    EndpointName Name,
    string Method,
    string Route,
    Subject Subject,
    Roles Allowed,
    IReadOnlyList<string> Required,
    IReadOnlyList<string> Optional,
    bool HasForm = false)
{
    /// <summary>The member that names an owner group, whose members are owners of what no registry knows yet.</summary>
    public string? Group { get; init; }

    /// <summary>The one member that may be long.</summary>
    public string? Wide { get; init; }

    /// <summary>How often one person may make this call in a minute; null: without a bound of its own.</summary>
    public int? PerMinute { get; init; }

    /// <summary>The member that holds a secret value, if any: it is read into a <see cref="CredRotation.Engine.SecretText"/> and stands in no other member.</summary>
    public string? Sealed { get; init; }
}
