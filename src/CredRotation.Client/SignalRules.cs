using System.Text.RegularExpressions;

namespace CredRotation.Client;

/// <summary>Says why a signal is not one for this credential. A signal is hostile input until it passed here.</summary>
internal static partial class SignalRules
{
    /// <summary>Null when the signal is ours.</summary>
    public static string? WhyNotOurs(ReloadSignal signal, Uri vault, string secret)
        => signal.Rotation is null || !RotationPattern().IsMatch(signal.Rotation) ? "The signal's rotation is not a rotation id."
            : signal.Version is null || !VersionPattern().IsMatch(signal.Version) ? "The signal's version is not a version id."
            : signal.Vault is null || !IsSame(signal.Vault, vault) ? "The signal names another vault."
            : !string.Equals(signal.Secret, secret, StringComparison.OrdinalIgnoreCase) ? "The signal names another secret."
            : null;

    private static bool IsSame(string text, Uri vault)
        => Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}", UriKind.Absolute, out var named)
            && named.Scheme == Uri.UriSchemeHttps
            && string.Equals(named.Authority, vault.Authority, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("^[a-z2-7]{20}$")]
    private static partial Regex RotationPattern();

    [GeneratedRegex("^[0-9A-Za-z]{1,64}$")]
    private static partial Regex VersionPattern();
}
