using System.Text.Json;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Engine.Reload;

namespace CredRotation.Tests.Adapters.Consumers;

/// <summary>A site whose settings are Key Vault references: told to fetch them anew, and read back.</summary>
public sealed class A_site_on_App_Service
{
    private static readonly ConsumerOptions s_site = new() { Kind = ConsumerKind.AppService, Resource = ChannelBench.Site };

    [Fact]
    public async Task Fetches_its_references_anew_and_shows_the_version()
    {
        var site = new SiteModel("v1", "v2");

        var answer = await ChannelBench.SignalAsync(s_site, ChannelBench.Signal("v2"), site.Wire);

        var reading = Assert.Single(Assert.IsType<SignalAnswer.ReadBack>(answer).Instances);
        Assert.Equal(("PaymentKey", true), (reading.Instance, reading.RunsIt));
        Assert.Equal(["GET", "POST", "GET"], site.Wire.Requests.Select(sent => sent.Method));
        Assert.Equal($"{ChannelBench.Site}/config/configreferences/appsettings/refresh?api-version=2024-11-01", site.Wire.Requests[1].PathAndQuery);
        Assert.All(site.Wire.Requests, sent => Assert.Equal(("management.azure.com", "Bearer token-for-https://management.azure.com/.default"), (sent.Uri.Host, sent.Authorization)));
    }

    [Fact]
    public async Task Is_only_read_once_it_shows_the_version_and_in_a_rehearsal()
    {
        var site = new SiteModel("v2", "v2");
        await ChannelBench.SignalAsync(s_site, ChannelBench.Signal("v2"), site.Wire);
        await ChannelBench.SignalAsync(s_site, ChannelBench.Signal("v1", rehearsal: true), new SiteModel("v0", "v2").Wire);

        Assert.All(site.Wire.Requests, sent => Assert.Equal("GET", sent.Method));
    }

    [Fact]
    public async Task Shows_what_is_in_the_way_in_words_of_ours()
    {
        var denied = await ReadAsync(new SiteModel("v1", "v1") { Status = "AccessToKeyVaultDenied" });
        var pinned = await ReadAsync(new SiteModel("v1", "v2") { Reference = "@Microsoft.KeyVault(SecretUri=https://payments.vault.azure.net/secrets/gateway-key/v1)" });
        var strange = await ReadAsync(new SiteModel("v1", "v1") { Status = "hostile <script>" });

        Assert.Contains("Key Vault Secrets User", denied.Detail, StringComparison.Ordinal);
        Assert.Contains("names version v1 itself", pinned.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("hostile", strange.Detail, StringComparison.Ordinal);
        Assert.All(new[] { denied, pinned, strange }, reading => Assert.False(reading.RunsIt));
    }

    [Fact]
    public async Task That_names_a_version_itself_is_not_asked_to_fetch_it()
    {
        var site = new SiteModel("v1", "v2") { Reference = "@Microsoft.KeyVault(VaultName=payments;SecretName=gateway-key;SecretVersion=v1)" };

        await ReadAsync(site);

        Assert.All(site.Wire.Requests, sent => Assert.Equal("GET", sent.Method));
    }

    [Theory]
    [InlineData("@Microsoft.KeyVault(VaultName=payments;SecretName=gateway-key)", true)]
    [InlineData("@Microsoft.KeyVault(SecretUri=https://PAYMENTS.vault.azure.net/secrets/Gateway-Key/)", true)]
    [InlineData("@Microsoft.KeyVault(SecretUri=https://other.vault.azure.net/secrets/gateway-key)", false)]
    [InlineData("@Microsoft.KeyVault(SecretUri=https://payments.vault.azure.net/secrets/gateway-key-2)", false)]
    [InlineData("@Microsoft.KeyVault(SecretUri=not a uri;SecretUri=again)", false)]
    [InlineData("a plain value", false)]
    public async Task Is_known_by_its_references_to_this_very_secret(string reference, bool isOurs)
    {
        var answer = await ChannelBench.SignalAsync(s_site, ChannelBench.Signal("v2"), new SiteModel("v2", "v2") { Reference = reference, SaysNames = false }.Wire);

        if (isOurs) Assert.True(Assert.IsType<SignalAnswer.ReadBack>(answer).Instances[0].RunsIt);
        else Assert.Contains("None of its settings", ChannelBench.SilenceOf(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_the_settings_of_every_page_and_follows_no_link_elsewhere()
    {
        var first = """{"value":[],"nextLink":"https://management.azure.com/next"}""";
        var paged = new Wire(sent => Wire.Json(200, sent.Uri.AbsolutePath == "/next" ? SiteModel.List("v2") : first));
        var elsewhere = new Wire(_ => Wire.Json(200, """{"value":[],"nextLink":"https://hostile.example/next"}"""));

        Assert.IsType<SignalAnswer.ReadBack>(await ChannelBench.SignalAsync(s_site, ChannelBench.Signal("v2"), paged));
        ChannelBench.SilenceOf(await ChannelBench.SignalAsync(s_site, ChannelBench.Signal("v2"), elsewhere));
        Assert.Single(elsewhere.Requests);
    }

    [Theory]
    [InlineData(401, "hostile", "Website Contributor")]
    [InlineData(403, "hostile", "Website Contributor")]
    [InlineData(404, "hostile", "Resource")]
    [InlineData(429, "hostile", "patience")]
    [InlineData(500, "hostile", "HTTP 500")]
    [InlineData(200, "hostile", "JSON")]
    [InlineData(200, "[]", "JSON")]
    [InlineData(200, """{"value":"hostile"}""", "JSON")]
    public async Task Is_silent_with_a_remedy_whatever_else_is_answered(int status, string body, string says)
        => Assert.Contains(says, ChannelBench.SilenceOf(await ChannelBench.SignalAsync(s_site, ChannelBench.Signal("v2"), new Wire(_ => Wire.Json(status, body)))), StringComparison.Ordinal);

    [Fact]
    public async Task Is_silent_where_it_may_be_read_and_not_be_told()
    {
        var site = new SiteModel("v1", "v2") { Refuses = true };

        Assert.Contains("HTTP 403", ChannelBench.SilenceOf(await ChannelBench.SignalAsync(s_site, ChannelBench.Signal("v2"), site.Wire)), StringComparison.Ordinal);
        Assert.Contains("in time", ChannelBench.SilenceOf(await ChannelBench.SignalAsync(s_site, ChannelBench.Signal("v2"), Wire.Silent)), StringComparison.Ordinal);
    }

    private static async Task<InstanceReading> ReadAsync(SiteModel site)
        => Assert.Single(Assert.IsType<SignalAnswer.ReadBack>(await ChannelBench.SignalAsync(s_site, ChannelBench.Signal("v2"), site.Wire)).Instances);

    /// <summary>Resolves its one reference when it is told to, as the platform does.</summary>
    private sealed class SiteModel
    {
        private string _resolved;

        public SiteModel(string resolved, string newest)
        {
            _resolved = resolved;
            Wire = new Wire(sent =>
            {
                if (sent.Method == "GET") return Adapters.Wire.Json(200, List(_resolved, Reference, Status, SaysNames));
                if (Refuses) return Adapters.Wire.Json(403, "hostile");
                _resolved = newest;
                return Adapters.Wire.Json(200, "");
            });
        }

        public Wire Wire { get; }

        public string Reference { get; init; } = "@Microsoft.KeyVault(SecretUri=https://payments.vault.azure.net/secrets/gateway-key)";

        public string Status { get; init; } = "Resolved";

        public bool SaysNames { get; init; } = true;

        public bool Refuses { get; init; }

        public static string List(string version, string reference = "@Microsoft.KeyVault(SecretUri=https://payments.vault.azure.net/secrets/gateway-key)", string status = "Resolved", bool saysNames = true)
        {
            var properties = new JsonObject { ["reference"] = reference, ["status"] = status, ["secretVersion"] = version };
            if (saysNames) (properties["vaultName"], properties["secretName"]) = ("payments", "gateway-key");
            return JsonSerializer.Serialize(new JsonObject { ["value"] = new JsonArray(new JsonObject { ["name"] = "PaymentKey", ["properties"] = properties }, new JsonObject { ["name"] = "Other", ["properties"] = new JsonObject { ["reference"] = "hostile" } }), ["nextLink"] = null });
        }
    }
}
