using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>One version of a simulated secret; times are Unix seconds, as the vault keeps them.</summary>
public sealed record VaultVersion(
    string Vault,
    string Name,
    string Id,
    SecretText Value,
    string? ContentType,
    bool IsEnabled,
    long? NotBefore,
    long? Expires,
    long Created,
    long Updated,
    IReadOnlyDictionary<string, string> Tags,
    bool IsManaged = false);

/// <summary>The newest version of a simulated key or certificate, as a list shows it.</summary>
public sealed record VaultListed(
    string Vault,
    string Name,
    bool IsEnabled,
    long? Expires,
    long Created,
    long Updated,
    IReadOnlyDictionary<string, string> Tags,
    bool IsManaged);

/// <summary>What a caller sets with a new version; nothing carries over from the one before.</summary>
public sealed record VaultContent(
    SecretText Value,
    string? ContentType,
    bool IsEnabled,
    long? NotBefore,
    long? Expires,
    IReadOnlyDictionary<string, string> Tags);

/// <summary>What a caller changes of a version; what is null stays.</summary>
public sealed record VaultChange(
    string? ContentType,
    bool? IsEnabled,
    long? NotBefore,
    long? Expires,
    IReadOnlyDictionary<string, string>? Tags);

/// <summary>A soft-deleted secret.</summary>
public sealed record VaultDeleted(VaultVersion Latest, long DeletedOn, long PurgeOn);

/// <summary>One page of a list and what the next one starts after.</summary>
public sealed record VaultPage<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Who calls a simulated vault, and the id the call carries.</summary>
public sealed record VaultCaller(string Name, string ClientRequestId);

/// <summary>One line of a simulated vault's audit log; it never holds a value.</summary>
public sealed record VaultRequest(DateTimeOffset At, string Vault, string Operation, string? Secret, string? Version, string Caller, string ClientRequestId, int Status);
