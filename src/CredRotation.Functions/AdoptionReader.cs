using System.Globalization;
using CredRotation.Engine.Adopt;

namespace CredRotation.Functions;

/// <summary>Reads what is asked to be adopted from members or from lines of CSV, both hostile.</summary>
public static class AdoptionReader
{
    public const string Owner = "owner";

    /// <summary>The members beside vault and secret.</summary>
    public static IReadOnlyList<string> Members { get; } = ["change", "account", "target", Owner, "policy", "consumers", "credential", "expiresOn"];

    /// <summary>The columns of a bulk adoption, in any order; the first five must be there.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["vault", "secret", "account", "target", Owner, "policy", "consumers", "credential", "expiresOn"];

    /// <summary>One of the two is null.</summary>
    public static (AdoptionAsk? Ask, string? Trouble) Read(IReadOnlyDictionary<string, string> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        if (!Endpoint.TryName(members, out var secret)) return (null, "Vault must be its https address, and secret the name of a secret in it.");
        foreach (var name in new[] { "account", "target", Owner })
            if (Text(members, name) is null) return (null, $"Member '{name}' is missing.");

        DateTimeOffset? expiresOn = null;
        if (Text(members, "expiresOn") is { } text)
        {
            // A form's date has no time: it means the first moment of that day.
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var end)) return (null, "Member 'expiresOn' is no time. Write it as 2027-01-31T00:00:00Z.");
            expiresOn = end;
        }

        return (new AdoptionAsk(secret!, Text(members, "account")!, Text(members, "target")!, Text(members, Owner)!, Text(members, "policy"), Text(members, "consumers"), expiresOn, Text(members, "credential")), null);
    }

    private static string? Text(IReadOnlyDictionary<string, string> members, string name) => members.GetValueOrDefault(name)?.Trim() is { Length: > 0 } text ? text : null;
}
