using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using static CredRotation.Tests.Adapters.KeyVault.VaultOnTheWire;

namespace CredRotation.Tests.Adapters.KeyVault;

public sealed class A_vault_that_is_listed
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(VaultObjectKind.Secret, "secrets", "id")]
    [InlineData(VaultObjectKind.Key, "keys", "kid")]
    [InlineData(VaultObjectKind.Certificate, "certificates", "id")]
    public async Task Gives_every_page_of_each_kind_and_is_asked_for_nothing_else(VaultObjectKind kind, string path, string id)
    {
        var wire = Answering(sent => Wire.Json(200, sent.PathAndQuery.Contains("skip", StringComparison.Ordinal)
            ? $$"""{"value":[{"{{id}}":"https://payments.vault.azure.net/{{path}}/second","attributes":{"enabled":false,"exp":1800000000},"managed":true}],"nextLink":null}"""
            : $$"""{"value":[{"{{id}}":"https://payments.vault.azure.net/{{path}}/First","attributes":{"enabled":true,"created":1790000000},"tags":{"a":"b"} }],"nextLink":"https://payments.vault.azure.net:443/{{path}}?api-version=7.4&$skiptoken=skip"}"""));

        var found = await wire.Inventory.ListAsync(Secret.VaultUri, kind, Cancellation).ToListAsync(Cancellation);

        Assert.Equal([new WatchedName("payments.vault.azure.net", kind, "first"), new WatchedName("payments.vault.azure.net", kind, "second")], found.Select(seen => seen.About));
        Assert.Equal([(true, false, null, "b"), (false, true, DateTimeOffset.FromUnixTimeSeconds(1_800_000_000), (string?)null)], found.Select(seen => (seen.IsEnabled, seen.IsManaged, seen.ExpiresOn, seen.Tags.GetValueOrDefault("a"))));
        Assert.All(wire.Requests, sent => Assert.Equal(("GET", true, "Bearer token-for-https://vault.azure.net/.default"), (sent.Method, sent.PathAndQuery.StartsWith($"/{path}?", StringComparison.Ordinal), sent.Authorization)));
        Assert.Equal(2, wire.Requests.Count);
    }

    [Theory]
    [InlineData("https://evil.example.com/keys?$skiptoken=1")]
    [InlineData("http://payments.vault.azure.net/keys?$skiptoken=1")]
    [InlineData("/keys?$skiptoken=1")]
    public async Task Cannot_send_our_token_anywhere_else(string link)
    {
        var wire = Answering(200, $$"""{"value":[],"nextLink":"{{link}}"}""");

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => ListAsync(wire, VaultObjectKind.Key));

        Assert.Equal(RemoteTrouble.Unknown, thrown.Trouble);
        Assert.Single(wire.Requests);
    }

    [Fact]
    public async Task That_goes_on_without_end_is_given_up()
    {
        var wire = Answering(200, """{"value":[],"nextLink":"https://payments.vault.azure.net/keys?$skiptoken=same"}""");

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => ListAsync(wire, VaultObjectKind.Key));

        Assert.Contains("went on", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[]""")]
    [InlineData("""{"error":"x"}""")]
    [InlineData("""{"value":{}}""")]
    [InlineData("""{"value":[{"kid":"https://payments.vault.azure.net/keys/a%20b"}]}""")]
    [InlineData("""{"value":[{"attributes":{"enabled":true}}]}""")]
    [InlineData("""{"value":[{"kid":"https://payments.vault.azure.net/keys/a","attributes":{"exp":1e300}}]}""")]
    [InlineData("not json")]
    public async Task And_answers_nonsense_is_told_so(string body)
    {
        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => ListAsync(Answering(200, body), VaultObjectKind.Key));

        Assert.Contains("cannot read", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_right_says_which_role_is_missing()
    {
        var wire = Answering(403, """{"error":{"code":"Forbidden","innererror":{"code":"ForbiddenByRbac"}}}""");

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => ListAsync(wire, VaultObjectKind.Certificate));

        Assert.Equal(RemoteTrouble.Denied, thrown.Trouble);
        Assert.Contains("list its certificates", thrown.Message, StringComparison.Ordinal);
        Assert.EndsWith("Assign 'Key Vault Reader' to the app's identity.", thrown.Message, StringComparison.Ordinal);
    }

    private static Task<List<VaultObject>> ListAsync(VaultOnTheWire wire, VaultObjectKind kind)
        => wire.Inventory.ListAsync(Secret.VaultUri, kind, Cancellation).ToListAsync(Cancellation).AsTask();
}
