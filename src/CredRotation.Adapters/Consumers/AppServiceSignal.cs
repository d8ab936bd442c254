using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Engine.Reload;

namespace CredRotation.Adapters.Consumers;

/// <summary>
/// App Service and Functions, sites and slots: has the platform fetch its Key Vault references anew, and reads back which version each
/// setting resolves to. Without that call it does so once a day. The app's own settings are never read. Needs Website Contributor on the site.
/// Source: Microsoft Learn, "Use Key Vault references as app settings", and the operation WebApps: Get App Settings Key Vault References.
/// </summary>
internal sealed class AppServiceSignal(ManagementClient management) : IConsumerChannel
{
    private const string ApiVersion = "2024-11-01";
    private const string Right = "the role Website Contributor on the site";
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(20);

    public IReadOnlyList<ConsumerKind> Kinds { get; } = [ConsumerKind.AppService];

    public async Task<SignalAnswer> SignalAsync(ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
    {
        var (answer, settings) = await ReadAsync(consumer, signal, cancellationToken);
        if (!answer.IsOk) return new SignalAnswer.Silent(answer.Describe("read the site's references", Right));
        if (settings.Count == 0) return new SignalAnswer.Silent("None of its settings refers to this secret. Name the setting @Microsoft.KeyVault(SecretUri=...), or remove the consumer.");
        if (settings.Count > ConsumerProgress.InstancesMax) return new SignalAnswer.Silent($"More than {ConsumerProgress.InstancesMax} of its settings refer to this secret.");
        // What names a version itself does not change by being fetched anew.
        if (signal.Rehearsal || settings.All(setting => setting.RunsIt || setting.IsPinned)) return ReadBack(settings);

        var refreshed = await management.PostAsync($"{consumer.Resource}/config/configreferences/appsettings/refresh", ApiVersion, cancellationToken);
        if (!refreshed.IsOk) return new SignalAnswer.Silent(refreshed.Describe("have the site's references fetched anew", Right));
        (answer, settings) = await ReadAsync(consumer, signal, cancellationToken);
        return !answer.IsOk ? new SignalAnswer.Silent(answer.Describe("read the site's references", Right))
            : settings.Count == 0 ? new SignalAnswer.Silent("Its settings are being changed: none refers to this secret at the moment. It is asked again.")
            : ReadBack(settings);
    }

    private static SignalAnswer.ReadBack ReadBack(IReadOnlyList<Reference> settings) => new([.. settings.Select(setting => new InstanceReading(setting.Name, setting.RunsIt, setting.Detail))], s_lookAgain);

    private async Task<(ManagementAnswer Answer, IReadOnlyList<Reference> Settings)> ReadAsync(ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
    {
        var (answer, items) = await management.ListAsync($"{consumer.Resource}/config/configreferences/appsettings", ApiVersion, cancellationToken);
        return (answer, [.. items.Select(item => Reference.Of(item, signal)).OfType<Reference>().DistinctBy(setting => setting.Name, StringComparer.Ordinal)]);
    }

    /// <summary>A setting that refers to the secret, and what it shows.</summary>
    private sealed record Reference(string Name, bool RunsIt, bool IsPinned, string Detail)
    {
        public static Reference? Of(JsonElement item, ReloadSignal signal)
        {
            var reference = ConsumerAnswers.Text(item, "properties", "reference") ?? "";
            var (vault, secret, pinned) = Parse(reference);
            vault ??= ConsumerAnswers.Text(item, "properties", "vaultName");
            secret ??= ConsumerAnswers.Text(item, "properties", "secretName");
            if (!string.Equals(secret, signal.Secret.Name, StringComparison.OrdinalIgnoreCase)
                || (!string.Equals(vault, signal.Secret.VaultHost, StringComparison.OrdinalIgnoreCase) && !string.Equals(vault, signal.Secret.VaultHost.Split('.')[0], StringComparison.OrdinalIgnoreCase)))
                return null;

            var name = ConsumerAnswers.Text(item, "name");
            if (!ConsumerAnswers.IsPrintable(name)) name = "a setting";
            var status = ConsumerAnswers.Text(item, "properties", "status");
            var version = ConsumerAnswers.Text(item, "properties", "secretVersion");
            if (!string.Equals(status, "Resolved", StringComparison.OrdinalIgnoreCase)) return new(name!, false, pinned is not null, $"The platform cannot resolve it ({ConsumerAnswers.Plain(status)}). {Remedy(status)}");
            var runsIt = string.Equals(version, signal.Version, StringComparison.OrdinalIgnoreCase);
            return new(name!, runsIt, pinned is not null,
                runsIt ? $"The platform resolves it to version {signal.Version}."
                : pinned is not null ? $"It names version {ConsumerAnswers.Plain(pinned)} itself, so that only its owner can change it: remove the version from the reference."
                : $"The platform still resolves it to version {ConsumerAnswers.Plain(version)}.");
        }

        private static string Remedy(string? status) => status switch
        {
            "AccessToKeyVaultDenied" => "Give the site's identity the role Key Vault Secrets User.",
            "SecretNotFound" or "SecretVersionNotFound" => "Check the reference's secret and version.",
            "VaultNotFound" => "Check the reference's vault.",
            _ => "See the setting in the portal.",
        };

        // @Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/n[/version]) or (VaultName=v;SecretName=n[;SecretVersion=version]).
        private static (string? Vault, string? Secret, string? Version) Parse(string reference)
        {
            const string start = "@Microsoft.KeyVault(";
            if (!reference.StartsWith(start, StringComparison.OrdinalIgnoreCase) || !reference.EndsWith(')')) return default;
            var parts = reference[start.Length..^1].Split(';', StringSplitOptions.TrimEntries).Select(part => part.Split('=', 2, StringSplitOptions.TrimEntries)).Where(part => part.Length == 2)
                .DistinctBy(part => part[0], StringComparer.OrdinalIgnoreCase).ToDictionary(part => part[0], part => part[1], StringComparer.OrdinalIgnoreCase);
            if (parts.TryGetValue("SecretUri", out var text))
            {
                if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)) return default;
                var path = uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
                return path is ["secrets", var secret, ..] ? (uri.Host, secret, path.Length > 2 ? path[2] : null) : default;
            }

            return (parts.GetValueOrDefault("VaultName"), parts.GetValueOrDefault("SecretName"), parts.GetValueOrDefault("SecretVersion") is { Length: > 0 } version ? version : null);
        }
    }
}
