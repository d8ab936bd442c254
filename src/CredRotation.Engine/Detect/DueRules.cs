using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect;

/// <summary>Is a current version due? A list of small rules, each named for the fault it finds; the first to speak wins. Events and sweep ask the same question.</summary>
public static class DueRules
{
    private static readonly IReadOnlyList<Func<SeenVersion, PolicyOptions, DateTimeOffset, string?>> Rules = [Expired, NearExpiry];

    /// <summary>The reason in words, or null.</summary>
    public static string? IsDue(SeenVersion current, PolicyOptions policy, DateTimeOffset now)
        => Rules.Select(rule => rule(current, policy, now)).FirstOrDefault(reason => reason is not null);

    private static string? Expired(SeenVersion current, PolicyOptions policy, DateTimeOffset now)
        => current.ExpiresOn is { } end && end <= now ? $"The current version expired on {EngineTime.Text(end)}." : null;

    private static string? NearExpiry(SeenVersion current, PolicyOptions policy, DateTimeOffset now)
        => current.ExpiresOn is { } end && end - policy.Lead <= now ? $"The current version expires on {EngineTime.Text(end)}, within the policy's lead time." : null;
}
