using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using static CredRotation.Tests.Adapters.KeyVault.VaultOnTheWire;

namespace CredRotation.Tests.Adapters.KeyVault;

public sealed class A_vault_that_refuses
{
    private const string Canary = "c4nary-value-that-must-not-show";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(400, "BadParameter", null, RemoteTrouble.BadRequest)]
    [InlineData(401, "Unauthorized", null, RemoteTrouble.Denied)]
    [InlineData(403, "Forbidden", "SecretDisabled", RemoteTrouble.Disabled)]
    [InlineData(403, "Forbidden", "ForbiddenByRbac", RemoteTrouble.Denied)]
    [InlineData(403, "Forbidden", "AccessDenied", RemoteTrouble.Denied)]
    [InlineData(403, "Forbidden", "ForbiddenByFirewall", RemoteTrouble.Firewall)]
    [InlineData(403, "Forbidden", "ForbiddenByConnection", RemoteTrouble.Firewall)]
    [InlineData(403, "Forbidden", "SomethingNew", RemoteTrouble.Denied)]
    [InlineData(404, "SecretNotFound", null, RemoteTrouble.NotFound)]
    [InlineData(409, "Conflict", "ObjectIsDeletedButRecoverable", RemoteTrouble.Deleted)]
    [InlineData(409, "Conflict", "ObjectIsBeingDeleted", RemoteTrouble.Deleted)]
    [InlineData(409, "Conflict", "ObjectIsBeingRecovered", RemoteTrouble.Deleted)]
    [InlineData(409, "Conflict", "SomethingNew", RemoteTrouble.Unknown)]
    [InlineData(429, "Throttled", null, RemoteTrouble.Throttled)]
    [InlineData(500, "InternalServerError", null, RemoteTrouble.Unknown)]
    [InlineData(503, "ServiceUnavailable", null, RemoteTrouble.Unknown)]
    public async Task Is_understood_by_its_inner_code(int status, string code, string? inner, RemoteTrouble trouble)
    {
        foreach (var member in new[] { "innererror", "innerError" })
        {
            var detail = inner is null ? "" : $$""","{{member}}":{"code":"{{inner}}"}""";
            var wire = Answering(status, $$"""{"error":{"code":"{{code}}","message":"{{Canary}}"{{detail}}},"value":"{{Canary}}"}""");

            var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => wire.Vault.ReadCurrentAsync(Secret, "call", Cancellation));

            Assert.Equal(("vault", trouble), (thrown.Remote, thrown.Trouble));
            Assert.Contains("payments.vault.azure.net", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("gateway-key", thrown.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(Canary, thrown.ToString(), StringComparison.Ordinal);
            Assert.InRange(thrown.Message.Length, 1, 300);
        }
    }

    [Fact]
    public async Task Is_asked_once_even_when_it_is_only_unwell()
    {
        var wire = Answering(503, "{}", ("Retry-After", "1"));

        await Assert.ThrowsAsync<RemoteTroubleException>(() => wire.Vault.WriteAsync(Secret, new VaultWrite(new SecretText(Canary), null, null, new Dictionary<string, string>()), "call", Cancellation));

        Assert.Single(wire.Requests);
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("Sun, 22 Nov 2026 10:00:30 GMT", 30)]
    [InlineData("99999999", 3600)]
    public async Task Says_when_to_come_back(string header, int seconds)
    {
        var wire = Answering(429, "{}", ("Retry-After", header), ("Date", "Sun, 22 Nov 2026 10:00:00 GMT"));

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => wire.Vault.ReadCurrentAsync(Secret, "call", Cancellation));

        Assert.Equal(TimeSpan.FromSeconds(seconds), thrown.RetryAfter);
    }

    [Theory]
    [InlineData("<html>" + Canary)]
    [InlineData("""{"id":"https://payments.vault.azure.net/secrets/gateway-key/v1","attributes":{"enabled":true}}""")]
    [InlineData("""{"value":"c4nary-value-that-must-not-show","id":"nonsense","attributes":{"enabled":true}}""")]
    [InlineData("""{"value":{"c4nary-value-that-must-not-show":1}}""")]
    [InlineData("")]
    public async Task Cannot_make_us_take_nonsense_for_a_secret_nor_repeat_it(string body)
    {
        var wire = Answering(200, body);

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => wire.Vault.ReadCurrentAsync(Secret, "call", Cancellation));

        Assert.Equal(RemoteTrouble.Unknown, thrown.Trouble);
        Assert.DoesNotContain(Canary, thrown.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whose_name_does_not_resolve_may_have_been_deleted()
    {
        var wire = Answering(_ => throw new HttpRequestException(HttpRequestError.NameResolutionError, "no such host"));

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => wire.Vault.ReadCurrentAsync(Secret, "call", Cancellation));

        Assert.Equal(RemoteTrouble.Unknown, thrown.Trouble);
        Assert.Contains("whether the vault was deleted", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_drops_the_connection_may_have_done_what_was_asked()
    {
        var wire = Answering(_ => throw new HttpRequestException(HttpRequestError.ConnectionError, "reset"));

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => wire.Vault.ReadCurrentAsync(Secret, "call", Cancellation));

        Assert.Equal(RemoteTrouble.Unknown, thrown.Trouble);
    }

    [Fact]
    public async Task That_never_answers_is_left_after_the_effects_time_out()
    {
        var wire = NeverAnswering(TimeSpan.FromMilliseconds(50));

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => wire.Vault.ReadCurrentAsync(Secret, "call", Cancellation));
        var listed = await Assert.ThrowsAsync<RemoteTroubleException>(async () => await wire.Inventory.ListAsync(Secret.VaultUri, VaultObjectKind.Secret, Cancellation).GetAsyncEnumerator(Cancellation).MoveNextAsync());

        Assert.Equal((RemoteTrouble.Unknown, RemoteTrouble.Unknown), (thrown.Trouble, listed.Trouble));
    }

    [Fact]
    public async Task Is_not_blamed_when_the_caller_gives_up()
    {
        var wire = NeverAnswering(TimeSpan.FromSeconds(30));
        using var stop = new CancellationTokenSource();

        var call = wire.Vault.ReadCurrentAsync(Secret, "call", stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Names_of_any_length_leave_room_for_the_remedy()
    {
        var wire = Answering(403, """{"error":{"code":"Forbidden","innererror":{"code":"ForbiddenByRbac"}}}""");
        var secret = SecretName.Of(new Uri($"https://{new string('v', 60)}.{new string('w', 60)}.vault.azure.net/"), new string('n', 127));

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => wire.Vault.ReadCurrentAsync(secret, "call", Cancellation));

        Assert.InRange(thrown.Message.Length, 1, 300);
        Assert.EndsWith("Assign 'Key Vault Secrets Officer' to the app's identity.", thrown.Message, StringComparison.Ordinal);
    }
}
