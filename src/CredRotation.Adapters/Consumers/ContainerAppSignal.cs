using System.Globalization;
using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Engine.Reload;

namespace CredRotation.Adapters.Consumers;

/// <summary>
/// Container Apps: the platform fetches a new version of an unversioned reference within 30 minutes, and only what was started after that is sure
/// to have it. So replicas have to be younger than that; older ones are restarted once it is past. Secrets themselves are never listed. Needs
/// Container Apps Contributor on the app. Source: Microsoft Learn, "Manage secrets in Azure Container Apps".
/// </summary>
internal sealed class ContainerAppSignal(ManagementClient management, TimeProvider clock) : IConsumerChannel
{
    private const string ApiVersion = "2025-07-01";
    private const string Right = "the role Container Apps Contributor on the app";
    private const int RevisionsMax = 20;

    /// <summary>Within this the platform has fetched a new version by itself.</summary>
    public static readonly TimeSpan FetchedWithin = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(30);

    /// <summary>Until the first new replica of a restart is listed.</summary>
    private static readonly TimeSpan s_restartPause = TimeSpan.FromMinutes(3);

    /// <summary>Until the last old one has ended; a replica may take ten minutes for that. Source: Microsoft Learn, "Application lifecycle management in Azure Container Apps".</summary>
    private static readonly TimeSpan s_restartTakes = TimeSpan.FromMinutes(15);

    public IReadOnlyList<ConsumerKind> Kinds { get; } = [ConsumerKind.ContainerApp];

    public async Task<SignalAnswer> SignalAsync(ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
    {
        var app = await management.GetAsync(consumer.Resource, ApiVersion, cancellationToken);
        if (!app.IsOk || app.Body is not { } body) return new SignalAnswer.Silent(app.Describe("read the container app", Right));
        var references = VersionsOf(body, signal.Secret).ToList();
        if (references.Count == 0) return new SignalAnswer.Silent("None of its secrets refers to this one in Key Vault. Give it a secret with this Key Vault address, or remove the consumer.");

        var (answer, listed) = await management.ListAsync($"{consumer.Resource}/revisions", ApiVersion, cancellationToken);
        if (!answer.IsOk) return new SignalAnswer.Silent(answer.Describe("list the app's revisions", Right));
        var revisions = listed.Where(item => item.TryGetProperty("properties", out var properties) && properties.TryGetProperty("active", out var active) && active.ValueKind is JsonValueKind.True)
            .Select(item => ConsumerAnswers.Text(item, "name")).OfType<string>().ToList();
        if (revisions.Count is 0 or > RevisionsMax || !revisions.All(IsName)) return new SignalAnswer.Silent(string.Create(CultureInfo.InvariantCulture, $"It has {revisions.Count} active revisions; 1 to {RevisionsMax} are possible."));
        if (references.FirstOrDefault(version => version is not null && version != signal.Version) is { } pinned)
            return new SignalAnswer.ReadBack([.. revisions.Select(name => new InstanceReading(name, false, $"Its secret names version {ConsumerAnswers.Plain(pinned)} itself, so that only its owner can change it: remove the version from keyVaultUrl."))], s_lookAgain);
        if (signal.Rehearsal) return new SignalAnswer.ReadBack([.. revisions.Select(name => new InstanceReading(name, true, "It refers to the secret without a version."))], s_lookAgain);

        var fetchedOn = (signal.WrittenOn ?? clock.GetUtcNow()) + FetchedWithin;
        var (readings, lookAgain) = (new List<InstanceReading>(), s_lookAgain);
        foreach (var revision in revisions)
        {
            var (state, replicas) = await management.ListAsync($"{consumer.Resource}/revisions/{revision}/replicas", ApiVersion, cancellationToken);
            if (!state.IsOk) return new SignalAnswer.Silent(state.Describe("list the app's replicas", Right));
            var (now, created) = (clock.GetUtcNow(), replicas.Select(CreatedOn).ToList());
            var old = created.Count(on => !(on >= fetchedOn));
            if (now < fetchedOn || old == 0)
            {
                readings.Add(now >= fetchedOn
                    ? new(revision, true, $"All its replicas were started after {Text(fetchedOn)}, when the platform had fetched the version.")
                    : new(revision, false, $"The platform fetches the version until {Text(fetchedOn)}; replicas have to start after that."));
                continue;
            }

            // Restarted at every look, replicas that take their time would never get to serve.
            if (created.Any(on => on is null || (on >= fetchedOn && now - on < s_restartTakes)))
            {
                readings.Add(new(revision, false, string.Create(CultureInfo.InvariantCulture, $"{old} of its replicas are older than the platform's look for new versions and have not ended, or do not say since when they run.")));
                continue;
            }

            var restarted = await management.PostAsync($"{consumer.Resource}/revisions/{revision}/restart", ApiVersion, cancellationToken);
            if (!restarted.IsOk) return new SignalAnswer.Silent(restarted.Describe("restart the app's revisions", Right));
            readings.Add(new(revision, false, string.Create(CultureInfo.InvariantCulture, $"{old} of its replicas are older than the platform's look for new versions, and were restarted.")));
            lookAgain = s_restartPause;
        }

        var wait = fetchedOn - clock.GetUtcNow();
        return new SignalAnswer.ReadBack(readings, wait > lookAgain ? wait : lookAgain);
    }

    /// <summary>Of each reference to the secret the version that it names; null: it names none.</summary>
    private static IEnumerable<string?> VersionsOf(JsonElement app, SecretName secret)
    {
        if (!app.TryGetProperty("properties", out var properties) || !properties.TryGetProperty("configuration", out var configuration) || !configuration.TryGetProperty("secrets", out var secrets) || secrets.ValueKind is not JsonValueKind.Array) yield break;
        foreach (var item in secrets.EnumerateArray())
        {
            if (!Uri.TryCreate(ConsumerAnswers.Text(item, "keyVaultUrl"), UriKind.Absolute, out var uri) || !string.Equals(uri.Host, secret.VaultHost, StringComparison.OrdinalIgnoreCase)) continue;
            var path = uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
            if (path is ["secrets", var name, ..] && string.Equals(name, secret.Name, StringComparison.OrdinalIgnoreCase)) yield return path.Length > 2 ? path[2] : null;
        }
    }

    private static DateTimeOffset? CreatedOn(JsonElement replica)
        => DateTimeOffset.TryParse(ConsumerAnswers.Text(replica, "properties", "createdTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var on) ? on : null;

    // It becomes part of a path.
    private static bool IsName(string name) => name.Length is > 0 and <= ConsumerProgress.InstanceLengthMax && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static string Text(DateTimeOffset instant) => instant.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
