using System.Security.Cryptography;
using CredRotation.EmbeddedHost.Trust;

namespace CredRotation.Sandbox.Systems;

/// <summary>Signs in the sandbox's people and apps with a key made per run.</summary>
public sealed class SandboxSignIn
{
    public const string CheckoutAudience = "api://checkout";
    public const string VaultAudience = "https://vault.azure.net";
    public const string TopicAudience = "https://eventgrid.azure.net";
    public const string RotatorApp = "cred-rotation";
    public const string CheckoutApp = "checkout";

    private static readonly TimeSpan s_life = TimeSpan.FromDays(1);

    private static readonly Dictionary<string, SandboxClaims> s_known = new[]
    {
        Person("owner-1", 1),
        Person("owner-2", 2),
        Person("other-owner", 3),
        Person("operator", 4, "Rotation.Operate"),
        Person("auditor", 5, "Rotation.Audit"),
        App(RotatorApp, 101),
        App(CheckoutApp, 102),
    }.ToDictionary(claims => claims.Name);

    /// <summary>Everyone who can sign in, by name.</summary>
    public static IReadOnlyDictionary<string, SandboxClaims> Known => s_known;

    /// <summary>The key that checks these tokens, for the app's sandbox trust.</summary>
    public byte[] Key { get; } = RandomNumberGenerator.GetBytes(SandboxToken.KeyBytes);

    /// <summary>A token of someone known, for one audience.</summary>
    public string TokenFor(string name, string audience) => SandboxToken.Issue(s_known[name], audience, Key, s_life, TimeProvider.System);

    /// <summary>Names the bearer of a token for the vault's audit log.</summary>
    public string VaultCallerOf(string token) => SandboxToken.Validate(token, Key, VaultAudience, TimeProvider.System)?.Name ?? "unknown";

    /// <summary>Names the bearer of a token that may send to the topic; null for everybody but the rotator.</summary>
    public string? SenderOf(string token) => SandboxToken.Validate(token, Key, TopicAudience, TimeProvider.System)?.Name is RotatorApp ? RotatorApp : null;

    private static SandboxClaims Person(string name, int number, params string[] roles) => new(Id(number), name, roles, null);

    private static SandboxClaims App(string name, int number) => new(Id(number), name, [], Id(1000 + number));

    private static string Id(int number) => $"00000000-0000-4000-8000-{number:D12}";
}
