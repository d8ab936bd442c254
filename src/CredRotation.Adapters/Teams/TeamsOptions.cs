namespace CredRotation.Adapters.Teams;

/// <summary>Where messages for people go. Each address is itself a secret: keep it in Key Vault and refer to it.</summary>
public sealed class TeamsOptions
{
    public const string Section = "Teams";

    /// <summary>The channel of notices whose owner group has none of its own.</summary>
    public Uri? DefaultWebhook { get; init; }

    /// <summary>Channels by the object id of the owner group.</summary>
    public IReadOnlyDictionary<string, Uri> Webhooks { get; init; } = new Dictionary<string, Uri>();

    /// <summary>True when every address is https, or http to this very machine.</summary>
    internal bool AreWebhooksSafe() => Webhooks.Values.Append(DefaultWebhook).All(webhook => webhook is null || IsSafe(webhook));

    /// <summary>The channel of a group; null when there is none.</summary>
    internal Uri? For(string? ownerGroup)
        => ownerGroup is not null && Webhooks.FirstOrDefault(webhook => string.Equals(webhook.Key, ownerGroup, StringComparison.OrdinalIgnoreCase)).Value is { } own
            ? own
            : DefaultWebhook;

    private static bool IsSafe(Uri webhook)
        => webhook is { IsAbsoluteUri: true } && (webhook.Scheme == Uri.UriSchemeHttps || (webhook.Scheme == Uri.UriSchemeHttp && webhook.IsLoopback));
}
