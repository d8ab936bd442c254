using CredRotation.Adapters.EventGrid;

namespace CredRotation.Tests.Adapters.EventGrid;

public sealed class A_delivery_of_events
{
    private const string Data = """
        {"Id":"https://v1.vault.azure.net/secrets/db-pass/0123456789abcdef0123456789abcdef","VaultName":"v1","ObjectType":"Secret","ObjectName":"db-pass",
         "Version":"0123456789abcdef0123456789abcdef","NBF":1790000000,"EXP":1800000000}
        """;

    private const string EventGridSchema = $$"""{"id":"1","subject":"db-pass","eventType":"Microsoft.KeyVault.SecretNearExpiry","data":{{Data}},"dataVersion":"1"}""";
    private const string CloudEvent = $$"""{"id":"1","specversion":"1.0","type":"Microsoft.KeyVault.SecretNearExpiry","subject":"db-pass","data":{{Data}}}""";

    [Theory]
    [InlineData(EventGridSchema)]
    [InlineData("[" + EventGridSchema + "]")]
    [InlineData(CloudEvent)]
    [InlineData("[" + CloudEvent + "]")]
    [InlineData("\uFEFF " + CloudEvent)]
    public void Says_which_secret_nears_its_end(string raw)
    {
        var read = Assert.Single(KeyVaultEvents.Parse(raw));

        Assert.Null(read.Problem);
        Assert.Equal(("Microsoft.KeyVault.SecretNearExpiry", "Secret", "db-pass"), (read.Type, read.ObjectType, read.ObjectName));
        Assert.Equal("https://v1.vault.azure.net/secrets/db-pass", read.Secret?.ToString());
        Assert.Equal("0123456789abcdef0123456789abcdef", read.Version);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000), read.ExpiresOn);
    }

    [Theory]
    [InlineData("1800000000", 1_800_000_000)]
    [InlineData("1.8e9", 1_800_000_000)]
    [InlineData("1800000000.5", 1_800_000_000)]
    [InlineData("\"1800000000\"", 1_800_000_000)]
    [InlineData("null", null)]
    [InlineData("\"soon\"", null)]
    [InlineData("-1", null)]
    [InlineData("1e300", null)]
    [InlineData("\"NaN\"", null)]
    [InlineData("{}", null)]
    public void Reads_an_expiry_in_every_form_that_was_seen(string expiry, int? seconds)
    {
        var read = Assert.Single(KeyVaultEvents.Parse($$"""{" EventType ":"Microsoft.KeyVault.SecretExpired","DATA":{"id ":"https://v1.vault.azure.net/secrets/db-pass/v"," Version":"v","exp":{{expiry}}} }"""));

        Assert.Null(read.Problem);
        Assert.Equal("v", read.Version);
        Assert.Equal(seconds, (int?)read.ExpiresOn?.ToUnixTimeSeconds());
    }

    [Fact]
    public void Keeps_keys_and_certificates_apart_from_secrets()
    {
        var read = Assert.Single(KeyVaultEvents.Parse("""{"type":"Microsoft.KeyVault.KeyNearExpiry","data":{"Id":"https://v1.vault.azure.net/keys/k/v","ObjectType":"Key","ObjectName":"k","Version":"v"}}"""));

        Assert.Equal(("Key", "k", "v"), (read.ObjectType, read.ObjectName, read.Version));
        Assert.Null(read.Secret);
        Assert.Null(read.Problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[7]")]
    [InlineData("{}")]
    [InlineData("""{"type":7}""")]
    [InlineData("""{"type":"Microsoft.Storage.BlobCreated"}""")]
    [InlineData("""{"type":"Microsoft.KeyVault.<script>"}""")]
    [InlineData("""{"type":"Microsoft.KeyVault.SecretExpired"}""")]
    [InlineData("""{"type":"Microsoft.KeyVault.SecretExpired","data":"text"}""")]
    [InlineData("""{"type":"Microsoft.KeyVault.SecretExpired","data":{"Id":"http://v1.vault.azure.net/secrets/x"}}""")]
    [InlineData("""{"type":"Microsoft.KeyVault.SecretExpired","data":{"Id":"https://v1.vault.azure.net/secrets/x%2Fy"}}""")]
    [InlineData("""{"type":"Microsoft.KeyVault.SecretExpired","data":{"Id":"\ud800"}}""")]
    [InlineData("""{"\ud800":"x","type":"Microsoft.KeyVault.SecretExpired"}""")]
    public void That_cannot_be_read_is_a_problem_and_never_an_exception(string raw)
    {
        var read = Assert.Single(KeyVaultEvents.Parse(raw));

        Assert.InRange(read.Problem!.Detail.Length, 1, 200);
        Assert.DoesNotContain("<script", read.Problem.Detail + read.Type, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_read_within_limits()
    {
        Assert.Equal(EventProblemKind.TooLarge, Assert.Single(KeyVaultEvents.Parse(new string('7', KeyVaultEvents.TextMax + 1))).Problem?.Kind);
        Assert.NotNull(Assert.Single(KeyVaultEvents.Parse(new string('[', 100_000))).Problem);

        var many = KeyVaultEvents.Parse("[" + string.Join(",", Enumerable.Repeat("{}", KeyVaultEvents.EventsMax + 10)) + "]");
        Assert.Equal(KeyVaultEvents.EventsMax + 1, many.Count);
        Assert.Contains("the rest was not read", many[^1].Problem?.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SecretNewVersionCreated", "secrets", true)]
    [InlineData("SecretNearExpiry", "secrets", true)]
    [InlineData("SecretExpired", "secrets", true)]
    [InlineData("KeyNewVersionCreated", "keys", false)]
    [InlineData("KeyNearExpiry", "keys", false)]
    [InlineData("KeyExpired", "keys", false)]
    [InlineData("CertificateNewVersionCreated", "certificates", false)]
    [InlineData("CertificateNearExpiry", "certificates", false)]
    [InlineData("CertificateExpired", "certificates", false)]
    [InlineData("VaultAccessPolicyChanged", "", false)]
    public void Of_each_type_is_read(string type, string kind, bool isSecret)
    {
        var read = Assert.Single(KeyVaultEvents.Parse($$"""[{"eventType":"Microsoft.KeyVault.{{type}}","data":{"Id":"https://v1.vault.azure.net/{{kind}}/x/v","ObjectName ":" x "," Version":"v","EXP":1.8e9} }]"""));

        Assert.Null(read.Problem);
        Assert.Equal((isSecret, "x", "v"), (read.Secret is not null, read.ObjectName, read.Version));
    }

    [Fact]
    public void Is_read_from_a_queue_as_it_is_or_in_base64()
    {
        var base64 = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes("\uFEFF" + EventGridSchema));

        Assert.Equal("db-pass", Assert.Single(KeyVaultEvents.ParseMessage(EventGridSchema)).ObjectName);
        Assert.Equal("db-pass", Assert.Single(KeyVaultEvents.ParseMessage(base64)).ObjectName);
        Assert.All(new[] { "", "AAAA", "####", "\ud800", new string('A', KeyVaultEvents.TextMax + 1) }, text => Assert.NotNull(Assert.Single(KeyVaultEvents.ParseMessage(text)).Problem));
    }

    [Fact]
    public void Of_nothing_is_nothing() => Assert.Empty(KeyVaultEvents.Parse("[]"));
}
