using System.Text.Json;
using CredRotation.EmbeddedHost;
using CredRotation.Functions.Settings;

namespace CredRotation.Tests.Hosts;

/// <summary>What somebody who deploys the app reads when its settings are wrong.</summary>
public sealed class Settings_that_are_wrong
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The shipped sample, with other values.</summary>
    private static Dictionary<string, string> Sample(params (string Name, string Value)[] changed)
    {
        var settings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "local.settings.sample.json"))).RootElement.GetProperty("Values")
            .EnumerateObject().ToDictionary(value => value.Name, value => value.Value.GetString()!);
        settings["EmbeddedHost__Port"] = "0";
        foreach (var (name, value) in changed) settings[name] = value;
        return settings;
    }

    private static async Task<IReadOnlyList<string>> FaultsAsync(params (string Name, string Value)[] changed)
        => (await Assert.ThrowsAsync<SettingsRefusedException>(async () => await (await EmbeddedApp.StartAsync(Sample(changed), null, Stop)).DisposeAsync())).Faults;

    [Fact]
    public async Task Are_all_said_at_once_each_with_its_name_and_what_would_be_right()
    {
        var faults = await FaultsAsync(
            ("Cloud", "Mars"),
            ("ManagedIdentityClientId", "rotator"),
            ("Rotation__ClaimTime", "five minutes"),
            ("Rotation__Mode", "2"),
            ("Rotation__Acounts__shop__Provider", "x"),
            ("Rotation__Vaults", "https://payments.vault.azure.net/"),
            ("Rotation__Policies__standard__Leed", "30.00:00:00"),
            ("Health__WakeLateAfter", "00:00:00"),
            ("Teams__DefaultWebhook", "http://example.com/hook-canary"),
            ("Mail__Sender", "nobody"),
            ("Storage__TablesEndpoint", "https://a.b/c"),
            ("EventGrid__TopicEndpoint", "topic"),
            ("WakeSchedule", "* * * * *"));

        string[] expected =
        [
            "Cloud must be one of Public, USGovernment, China",
            "Rotation:ClaimTime must be a duration, [days.]hours:minutes:seconds, for example 00:05:00",
            "Rotation:Mode must be one of Observe, Rehearse, Rotate, for example Observe",
            "Rotation:Acounts is no setting. Did you mean Rotation:Accounts?",
            "Rotation:Vaults is a list: number its items, Rotation:Vaults:0 for the first, for example https://payments.vault.azure.net/",
            "Rotation:Policies:standard:Leed is no setting. Did you mean Rotation:Policies:standard:Lead?",
            "Each address under Teams must be https",
            "Mail:Sender must be one mail address",
            "Storage:TablesEndpoint must be an https address without a path",
            "EventGrid:TopicEndpoint must be the topic's https address",
            "WakeSchedule must be six fields",
        ];
        Assert.All(expected, start => Assert.Single(faults, fault => fault.StartsWith(start, StringComparison.Ordinal)));
        Assert.Contains(faults, fault => fault.Contains("WakeLateAfter", StringComparison.Ordinal));
        Assert.Equal(expected.Length + 1, faults.Count);
        Assert.DoesNotContain(faults, fault => fault.Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Say_what_still_works_and_how_names_are_written()
    {
        var refused = await Assert.ThrowsAsync<SettingsRefusedException>(() => EmbeddedApp.StartAsync(Sample(("ManagedIdentityClientId", "rotator")), null, Stop));

        Assert.StartsWith("CredRotation did not start: one setting needs correction. Nothing was changed, and every credential in use keeps working.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("  1. ManagedIdentityClientId must be the client id", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("USGovernment", "vault.usgovcloudapi.net")]
    [InlineData("china", "vault.azure.cn")]
    public async Task Name_a_vault_of_another_cloud(string cloud, string suffix)
    {
        var faults = await FaultsAsync(("Cloud", cloud));

        Assert.Equal(["Rotation:Vaults:0", "Rotation:StagingVault"], faults.Select(fault => fault.Split(' ')[0]));
        Assert.All(faults, fault => Assert.Contains(suffix, fault, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=strotation;AccountKey=canary;EndpointSuffix=core.windows.net")]
    [InlineData("BlobEndpoint=https://strotation.blob.core.windows.net;SharedAccessSignature=canary")]
    public async Task Hold_no_key_of_a_storage_account(string connection)
    {
        var fault = Assert.Single(await FaultsAsync(("AzureWebJobsStorage", connection)));

        Assert.StartsWith("AzureWebJobsStorage holds a key.", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Are_none_in_the_shipped_sample()
    {
        await using var app = await EmbeddedApp.StartAsync(Sample(), null, Stop);

        Assert.True(app.BaseUri.IsLoopback);
    }
}
