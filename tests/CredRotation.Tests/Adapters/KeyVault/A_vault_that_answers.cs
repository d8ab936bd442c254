using System.Text.Json.Nodes;
using CredRotation.Engine;
using static CredRotation.Tests.Adapters.KeyVault.VaultOnTheWire;

namespace CredRotation.Tests.Adapters.KeyVault;

public sealed class A_vault_that_answers
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_read_with_its_own_clock_under_the_name_of_our_call()
    {
        var wire = Answering(200, Bundle("v1", "s3cr3t", "\"enabled\":true,\"exp\":1800000000,\"created\":1790000000"), ("Date", "Sun, 22 Nov 2026 10:00:00 GMT"));

        var read = await wire.Vault.ReadCurrentAsync(Secret, "rot-abc/read", Cancellation);

        Assert.Equal("s3cr3t", read.Value.RevealToRemote());
        Assert.Equal(("v1", true, DateTimeOffset.FromUnixTimeSeconds(1_800_000_000)), (read.Properties.Version, read.Properties.IsEnabled, read.Properties.ExpiresOn));
        Assert.Equal("adyen", read.Properties.Tags["rotate-account"]);
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero), read.RemoteDate);
        var sent = Assert.Single(wire.Requests);
        Assert.Equal("rot-abc/read", sent.Headers["x-ms-client-request-id"]);
        Assert.Equal("Bearer token-for-https://vault.azure.net/.default", sent.Authorization);
    }

    [Fact]
    public async Task Is_asked_for_exactly_the_version_that_was_named()
    {
        var wire = Answering(200, Bundle("v1", "s3cr3t"));

        await wire.Vault.ReadVersionAsync(Secret, "v1", "call", Cancellation);

        Assert.StartsWith("/secrets/gateway-key/v1?", Assert.Single(wire.Requests).PathAndQuery, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gets_value_tags_type_and_expiry_in_one_write()
    {
        var wire = Answering(200, Bundle("v2", "new"));

        var version = await wire.Vault.WriteAsync(
            Secret,
            new VaultWrite(new SecretText("new"), "text/plain", DateTimeOffset.FromUnixTimeSeconds(1_800_000_000), new Dictionary<string, string> { ["rotate-account"] = "adyen" }),
            "call",
            Cancellation);

        Assert.Equal("v2", version);
        var sent = Assert.Single(wire.Requests);
        Assert.Equal("PUT", sent.Method);
        var expected = JsonNode.Parse("""{"value":"new","contentType":"text/plain","tags":{"rotate-account":"adyen"},"attributes":{"exp":1800000000}}""");
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(sent.Body)), sent.Body);
    }

    [Theory]
    [InlineData("text/plain", """{"contentType":"text/plain"}""")]
    [InlineData(null, """{"attributes":{"enabled":true}}""")]
    public async Task Is_shown_to_be_writable_by_a_patch_that_changes_nothing(string? contentType, string body)
    {
        var wire = Answering(200, Bundle("v1", null));

        await wire.Vault.ConfirmWritableAsync(new SecretProperties(Secret, "v1", true, null, null, null, contentType, new Dictionary<string, string>()), "call", Cancellation);

        var sent = Assert.Single(wire.Requests);
        Assert.Equal(("PATCH", body), (sent.Method, sent.Body));
        Assert.StartsWith("/secrets/gateway-key/v1?", sent.PathAndQuery, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_versions_oldest_first_and_leaves_ties_as_they_came()
    {
        static string Item(string version, int created) => $$"""{"id":"https://payments.vault.azure.net/secrets/gateway-key/{{version}}","attributes":{"enabled":true,"created":{{created}} } }""";
        var wire = Answering(200, $$"""{"value":[{{Item("c", 30)}},{{Item("b1", 20)}},{{Item("b2", 20)}},{{Item("a", 10)}}]}""");

        var versions = await wire.Vault.ListVersionsAsync(Secret, "call", Cancellation);

        Assert.Equal(["a", "b1", "b2", "c"], versions.Select(version => version.Version));
    }

    [Theory]
    [InlineData(200, """{"id":"https://payments.vault.azure.net/secrets/gateway-key/v1","recoveryId":"https://payments.vault.azure.net/deletedsecrets/gateway-key","attributes":{}}""")]
    [InlineData(404, """{"error":{"code":"SecretNotFound","message":"gone"}}""")]
    [InlineData(409, """{"error":{"code":"Conflict","message":"m","innererror":{"code":"ObjectIsBeingDeleted"}}}""")]
    public async Task Discards_once_and_is_content_when_it_is_gone(int status, string body)
    {
        var wire = Answering(status, body);

        await wire.Vault.DiscardAsync(Secret, "call", Cancellation);

        Assert.Equal("DELETE", Assert.Single(wire.Requests).Method);
    }
}
