using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>An app registration of the simulated directory with its secrets and certificates.</summary>
public sealed class AppRegistration(string appId, string objectId, string name)
{
    public string AppId => appId;

    public string ObjectId => objectId;

    public string Name => name;

    public List<AppPassword> Passwords { get; } = [];

    public List<AppCertificate> Certificates { get; } = [];
}

/// <summary>One secret of an app registration; the directory shows its first characters only.</summary>
/// <param name="ActiveFrom">From when on every sign-in front end knows it.</param>
/// <param name="ListedFrom">From when on every replica lists it.</param>
/// <param name="HasHint">Old ones have none.</param>
public sealed record AppPassword(Guid KeyId, string? DisplayName, SecretText Value, DateTimeOffset StartOn, DateTimeOffset EndOn, DateTimeOffset ActiveFrom, DateTimeOffset ListedFrom, bool HasHint = true)
{
    /// <summary>When it was removed; front ends forget it a moment later.</summary>
    public DateTimeOffset? RemovedOn { get; init; }
}

/// <summary>One certificate of an app registration.</summary>
public sealed record AppCertificate(Guid KeyId, string? DisplayName, DateTimeOffset StartOn, DateTimeOffset EndOn);
