using System.Text.Json;
using System.Text.Json.Nodes;
using CredRotation.Tests.Hosts;

namespace CredRotation.Tests.Infra;

/// <summary>The folder infra as the compiler sees it, compiled once for all tests, in a copy so that nothing is left behind.</summary>
public sealed class CompiledInfra : IAsyncLifetime
{
    public const string Collection = "infra";

    private const string Groups = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups";
    private const string Vaults = "providers/Microsoft.KeyVault/vaults";

    public const string OtherSubscription = "/subscriptions/22222222-2222-2222-2222-222222222222";
    public const string OwnTopic = $"{OtherSubscription}/resourceGroups/rg-topics/providers/Microsoft.EventGrid/systemTopics/shop-topic";
    public const string WatchedVault = $"{Groups}/rg-a/{Vaults}/payments";
    public const string OtherVault = $"{OtherSubscription}/resourceGroups/rg-b/{Vaults}/Shop";
    public const string ManagementSecret = $"{Groups}/rg-p/{Vaults}/platform/secrets/management";
    public const string TeamsSecret = $"{Groups}/rg-p/{Vaults}/platform/secrets/teams";
    public const string WatchdogSecret = $"{Groups}/rg-p/{Vaults}/platform/secrets/watchdog";
    public const string SignInClient = "33333333-3333-3333-3333-333333333333";

    /// <summary>One vault, nothing chosen but what a first deployment must choose, and deliveries straight to the function.</summary>
    private static readonly Dictionary<string, string> s_least = new()
    {
        ["AZURE_ENV_NAME"] = "demo",
        ["AZURE_LOCATION"] = "westeurope",
        ["VAULT_IDS"] = WatchedVault,
        ["EVENT_DELIVERY"] = "function",
    };

    /// <summary>Two vaults in two subscriptions, one with a topic of its own, and everything that can be switched on.</summary>
    private static readonly Dictionary<string, string> s_most = new()
    {
        ["AZURE_ENV_NAME"] = "demo",
        ["AZURE_LOCATION"] = "westeurope",
        ["VAULT_IDS"] = $"{WatchedVault},{OtherVault}",
        ["SYSTEM_TOPIC_IDS"] = $"Shop={OwnTopic}",
        ["ROTATION_MODE"] = "Rotate",
        ["MANAGEMENT_SECRET_IDS"] = ManagementSecret,
        ["TEAMS_WEBHOOK_LOCATION"] = TeamsSecret,
        ["WATCHDOG_WEBHOOK_LOCATION"] = WatchdogSecret,
        ["COMPLETED_EVENTS"] = "true",
        ["SIGN_IN_CLIENT_ID"] = SignInClient,
        ["ALERT_EMAILS"] = "platform-team@example.com",
        ["ALERT_WEBHOOK"] = "https://alerts.example.com/canary-of-the-alert-webhook",
        ["SUBNET_ID"] = $"{Groups}/rg-net/providers/Microsoft.Network/virtualNetworks/net/subnets/app",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("credrotation-infra-").FullName;
    private Compilation? _compiled;

    /// <summary>What compiler and linter had to say; nothing, when all is well.</summary>
    public string Diagnostics => Compiled.Diagnostics;

    /// <summary>The template that is deployed, nested ones within it.</summary>
    public JsonElement Template => Compiled.Template;

    public PlannedDeployment Least => Compiled.Least;

    public PlannedDeployment Most => Compiled.Most;

    private Compilation Compiled
    {
        get
        {
            // What CI requires must not pass by not running.
            if (BicepCli.Missing is { } missing && Environment.GetEnvironmentVariable("CREDROTATION_REQUIRE_ALL") == "1") Assert.Fail(missing);
            Assert.SkipWhen(BicepCli.Missing is not null, BicepCli.Missing ?? "");
            return _compiled!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (BicepCli.Missing is not null) return;

        var infra = Path.Combine(Repository.Root, "infra");
        foreach (var file in Directory.EnumerateFiles(infra, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder, Path.GetRelativePath(infra, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var cancellation = TestContext.Current.CancellationToken;
        var files = await BicepCli.RunAsync(_folder, s_least, cancellation, "lint", "--pattern", "**/*.bicep", "--no-restore");
        var parameters = await BicepCli.RunAsync(_folder, s_least, cancellation, "lint", "--pattern", "**/*.bicepparam", "--no-restore");
        var built = await BicepCli.RunAsync(_folder, s_most, cancellation, "build-params", "main.bicepparam", "--stdout", "--no-restore");
        Assert.True(built.Code == 0, built.Errors);

        _compiled = new Compilation(
            string.Concat(files.Output, files.Errors, parameters.Output, parameters.Errors, built.Errors),
            JsonDocument.Parse(JsonNode.Parse(built.Output)!["templateJson"]!.GetValue<string>()).RootElement,
            await PlanAsync(s_least, cancellation),
            await PlanAsync(s_most, cancellation));
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<PlannedDeployment> PlanAsync(Dictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var answer = await BicepCli.RunAsync(_folder, environment, cancellationToken,
            "snapshot", "main.bicepparam", "--mode", "overwrite", "--subscription-id", "11111111-1111-1111-1111-111111111111", "--location", "westeurope");
        Assert.True(answer.Code == 0, answer.Errors);
        return new PlannedDeployment(JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(_folder, "main.snapshot.json"), cancellationToken)).RootElement);
    }

    private sealed record Compilation(string Diagnostics, JsonElement Template, PlannedDeployment Least, PlannedDeployment Most);
}

/// <summary>Lets the classes of this folder share one compilation.</summary>
[CollectionDefinition(CompiledInfra.Collection)]
public sealed class InfraCollection : ICollectionFixture<CompiledInfra>;
