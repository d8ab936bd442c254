using System.Text.Json;
using CredRotation.Adapters;
using CredRotation.Adapters.Storage;
using CredRotation.Engine;
using CredRotation.Functions;
using CredRotation.Tests.Hosts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Moq;

namespace CredRotation.Tests.Infra;

[Collection(CompiledInfra.Collection)]
public sealed class The_platform(CompiledInfra infra)
{
    /// <summary>What the Functions host and App Service read themselves.</summary>
    private static readonly string[] s_platform =
    [
        "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri",
        "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId", "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
        "APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    ];

    /// <summary>Without these the functions are not even found, or nothing is watched.</summary>
    private static readonly string[] s_needed = ["SweepSchedule", "WakeSchedule", "RemindSchedule", "Rotation__Vaults__1", "Rotation__StagingVault", "Rotation__PagesBaseUri"];

    /// <summary>What a template that hands out a secret would contain.</summary>
    private static readonly string[] s_traces =
        ["listKeys(", "listAccountSas(", "listServiceSas(", "list(", "AccountKey=", "SharedAccessSignature", "InstrumentationKey", "newGuid(", "\"clientSecret\""];

    /// <summary>What Azure would fill in, by the end of the setting's name.</summary>
    private static readonly (string Ending, string Value)[] s_atRunTime =
    [
        ("Cloud", "Public"),
        ("ClientId", "00000000-0000-0000-0000-0000000000aa"),
        ("TopicEndpoint", "https://rotations.westeurope-1.eventgrid.azure.net/api/events"),
        ("DefaultWebhook", "https://example.environment.api.powerplatform.com/workflow"),
        ("ProviderFiles", "https://strotation.blob.core.windows.net/providers"),
        ("StagingVault", "https://rot-staging.vault.azure.net/"),
        ("Vaults__0", "https://payments.vault.azure.net/"),
        ("Vaults__1", "https://shop.vault.azure.net/"),
        ("PagesBaseUri", "https://func.azurewebsites.net/"),
        ("AccountName", "strotation"),
        ("blobServiceUri", "https://strotation.blob.core.windows.net/"),
        ("queueServiceUri", "https://strotation.queue.core.windows.net/"),
        ("tableServiceUri", "https://strotation.table.core.windows.net/"),
        ("CONNECTION_STRING", "InstrumentationKey=00000000-0000-0000-0000-000000000000"),
        ("AUTHENTICATION_STRING", "Authorization=AAD"),
    ];

    [Fact]
    public void Opens_its_storage_account_with_no_key_and_to_nobody()
    {
        var account = PlannedDeployment.Properties(infra.Most.Only("Microsoft.Storage/storageAccounts"));

        Assert.False(account.GetProperty("allowSharedKeyAccess").GetBoolean());
        Assert.False(account.GetProperty("allowBlobPublicAccess").GetBoolean());
        Assert.True(account.GetProperty("supportsHttpsTrafficOnly").GetBoolean());
        Assert.Equal("TLS1_2", account.GetProperty("minimumTlsVersion").GetString());
        Assert.All(infra.Most.OfType("Microsoft.Storage/storageAccounts/blobServices/containers"), container => Assert.Equal("None", PlannedDeployment.Properties(container).GetProperty("publicAccess").GetString()));
    }

    [Fact]
    public void Has_the_queues_of_the_code_and_a_poison_queue_for_each()
        => Assert.Equal(
            new[] { AdvanceRotation.Queue, HearEvent.Queue }.SelectMany(queue => new[] { queue, queue + QueueRules.PoisonSuffix }).Order(),
            infra.Most.OfType("Microsoft.Storage/storageAccounts/queueServices/queues").Select(queue => PlannedDeployment.NameOf(queue).Split('/')[^1]).Order());

    [Fact]
    public void Has_the_table_of_the_code()
        => Assert.Equal(TableRowStore.Table, PlannedDeployment.NameOf(infra.Most.Only("Microsoft.Storage/storageAccounts/tableServices/tables")).Split('/')[^1]);

    [Fact]
    public void Keeps_staged_values_where_nothing_can_be_purged()
    {
        var vault = PlannedDeployment.Properties(infra.Most.Only("Microsoft.KeyVault/vaults"));

        Assert.True(vault.GetProperty("enableRbacAuthorization").GetBoolean());
        Assert.True(vault.GetProperty("enablePurgeProtection").GetBoolean());
    }

    [Fact]
    public void Takes_no_key_where_an_identity_will_do()
    {
        Assert.True(PlannedDeployment.Properties(infra.Most.Only("Microsoft.Insights/components")).GetProperty("DisableLocalAuth").GetBoolean());
        Assert.True(PlannedDeployment.Properties(infra.Most.Only("Microsoft.OperationalInsights/workspaces")).GetProperty("features").GetProperty("disableLocalAuth").GetBoolean());
        Assert.True(PlannedDeployment.Properties(infra.Most.Only("Microsoft.EventGrid/topics")).GetProperty("disableLocalAuth").GetBoolean());
        Assert.True(PlannedDeployment.Properties(infra.Most.Only("Microsoft.Automation/automationAccounts")).GetProperty("disableLocalAuth").GetBoolean());
        Assert.Equal(["ftp", "scm"], infra.Most.OfType("Microsoft.Web/sites/basicPublishingCredentialsPolicies").Where(door => !PlannedDeployment.Properties(door).GetProperty("allow").GetBoolean()).Select(door => PlannedDeployment.NameOf(door).Split('/')[^1]).Order());
    }

    [Fact]
    public void Carries_no_secret()
    {
        var template = infra.Template.GetRawText();

        Assert.All(s_traces, trace => Assert.DoesNotContain(trace, template, StringComparison.OrdinalIgnoreCase));
        Assert.Empty(infra.Most.OfType("Microsoft.KeyVault/vaults/secrets"));
        Assert.DoesNotContain("canary-of-the-alert-webhook", infra.Most.Snapshot.GetRawText(), StringComparison.Ordinal);

        foreach (var nested in Templates(infra.Template))
        {
            if (nested.TryGetProperty("outputs", out var outputs)) Assert.DoesNotContain(outputs.EnumerateObject(), output => output.Value.GetProperty("type").GetString()!.StartsWith("secure", StringComparison.OrdinalIgnoreCase));
            if (nested.TryGetProperty("parameters", out var parameters))
                Assert.Equal(parameters.EnumerateObject().Where(IsSecret).Select(parameter => parameter.Name), parameters.EnumerateObject().Where(parameter => parameter.Name == "alertWebhook").Select(parameter => parameter.Name));
        }
    }

    [Fact]
    public void Sets_only_settings_that_exist()
    {
        var sample = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "local.settings.sample.json"))).RootElement.GetProperty("Values").EnumerateObject().Select(setting => setting.Name).ToHashSet();

        var set = SettingsOf(infra.Most);

        Assert.Equal(set.Distinct().Count(), set.Count);
        Assert.DoesNotContain(set.Except(s_platform), name => !sample.Contains(FirstOfItsList(name)));
        Assert.All(s_needed, name => Assert.Contains(name, set));
    }

    [Fact]
    public void Sets_what_the_app_starts_with()
    {
        Starts(infra.Least);
        Starts(infra.Most);
    }

    [Fact]
    public void Knows_every_cloud_by_the_codes_name()
        => Assert.Equal(
            Enum.GetNames<CloudName>().Order(),
            infra.Template.GetProperty("variables").GetProperty("clouds").EnumerateObject().Select(cloud => cloud.Value.GetString()).Order());

    [Fact]
    public void Names_a_secret_by_where_it_is()
    {
        var settings = PlannedDeployment.Properties(infra.Most.Config("appsettings")!.Value).GetString()!;

        Assert.Contains("'Teams__DefaultWebhook', format('@Microsoft.KeyVault(SecretUri=https://{0}{1}/secrets/{2})', 'platform', environment().suffixes.keyvaultDns, 'teams')", settings, StringComparison.Ordinal);
        Assert.DoesNotContain("Teams__DefaultWebhook", SettingsOf(infra.Least));
    }

    [Fact]
    public void Turns_nobody_away_at_the_door_and_has_no_client_secret()
    {
        var signIn = PlannedDeployment.Properties(infra.Most.Config("authsettingsV2")!.Value);
        var provider = signIn.GetProperty("identityProviders").GetProperty("azureActiveDirectory");

        Assert.True(signIn.GetProperty("platform").GetProperty("enabled").GetBoolean());
        Assert.False(signIn.GetProperty("globalValidation").GetProperty("requireAuthentication").GetBoolean());
        Assert.Equal("AllowAnonymous", signIn.GetProperty("globalValidation").GetProperty("unauthenticatedClientAction").GetString());
        Assert.Equal("OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID", provider.GetProperty("registration").GetProperty("clientSecretSettingName").GetString());
        Assert.Contains(provider.GetProperty("validation").GetProperty("allowedAudiences").EnumerateArray(), audience => audience.GetString() == $"api://{CompiledInfra.SignInClient}");
        Assert.Contains("OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID", SettingsOf(infra.Most));
    }

    [Fact]
    public void Leaves_sign_in_out_and_says_so_until_there_is_a_registration()
    {
        Assert.Null(infra.Least.Config("authsettingsV2"));
        Assert.DoesNotContain("OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID", SettingsOf(infra.Least));
        Assert.StartsWith("Nobody can sign in yet", infra.Least.Output("SIGN_IN"), StringComparison.Ordinal);
    }

    private static List<string> SettingsOf(PlannedDeployment plan)
        => [.. MembersOf(plan).Select(member => member.Name)];

    private static IEnumerable<(string Name, string? Text)> MembersOf(PlannedDeployment plan)
        => TemplateExpression.MembersOf(PlannedDeployment.Properties(plan.Config("appsettings")!.Value).GetString()!);

    private static void Starts(PlannedDeployment plan)
    {
        var settings = MembersOf(plan).Select(member => KeyValuePair.Create(member.Name.Replace("__", ":", StringComparison.Ordinal), member.Text ?? (string?)s_atRunTime.Single(value => member.Name.EndsWith(value.Ending, StringComparison.OrdinalIgnoreCase)).Value));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        using var services = new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(configuration)
            // There is no account to read from.
            .AddSingleton(Mock.Of<IProviderFileSource>(source => source.Read() == Array.Empty<ProviderFileText>()))
            .AddCredRotation(configuration).BuildServiceProvider();

        services.GetRequiredService<IStartupValidator>().Validate();
    }

    private static string FirstOfItsList(string name) => name.Split("__") is [.. var path, var index] && int.TryParse(index, out _) ? $"{string.Join("__", path)}__0" : name;

    private static bool IsSecret(JsonProperty parameter) => parameter.Value.GetProperty("type").GetString()!.StartsWith("secure", StringComparison.OrdinalIgnoreCase);

    /// <summary>The template and every one within it.</summary>
    private static IEnumerable<JsonElement> Templates(JsonElement template)
    {
        yield return template;
        if (!template.TryGetProperty("resources", out var resources)) yield break;
        foreach (var resource in resources.ValueKind == JsonValueKind.Object ? resources.EnumerateObject().Select(member => member.Value) : resources.EnumerateArray())
        {
            if (!resource.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object || !properties.TryGetProperty("template", out var nested)) continue;
            foreach (var inner in Templates(nested)) yield return inner;
        }
    }
}
