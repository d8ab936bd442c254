namespace CredRotation.Functions.Access;

/// <summary>A signed-in principal as the platform vouched for it.</summary>
/// <param name="ObjectId">The directory's immutable id.</param>
/// <param name="Name">For people to read; bounded, one line.</param>
/// <param name="AppRoles">The app roles it was assigned.</param>
public sealed record Caller(string ObjectId, string Name, IReadOnlyList<string> AppRoles)
{
    /// <summary>Nobody signed in; may only what <see cref="Roles.Anybody"/> may.</summary>
    public static Caller Nobody { get; } = new("", "nobody", []);

    public const string OperatorRole = "Rotation.Operate";

    public const string AuditorRole = "Rotation.Audit";

    public bool Is(string? objectId) => string.Equals(ObjectId, objectId, StringComparison.OrdinalIgnoreCase);

    /// <summary>The roles that need nobody else's word.</summary>
    public Roles RolesByToken
        => (AppRoles.Contains(OperatorRole, StringComparer.Ordinal) ? Roles.Operator : Roles.None)
            | (AppRoles.Contains(AuditorRole, StringComparer.Ordinal) ? Roles.Auditor : Roles.None);
}
