using System.Text;
using System.Text.Json;
using Azure.Core;
using CredRotation.Adapters;
using CredRotation.Adapters.Consumers;
using CredRotation.Engine;
using CredRotation.Engine.Retire;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Adapters.Consumers;

/// <summary>The workspace that takes a vault's audit log: what it says, and what it does not say.</summary>
public sealed class A_vault_log
{
    private const string Self = "00000000-0000-0000-0000-0000000000aa";
    private const string Stranger = "00000000-0000-0000-0000-0000000000bb";
    private const string Workspace = "00000000-0000-0000-0000-000000000041";

    [Fact]
    public async Task Says_who_read_which_version_and_how_far_it_reaches()
    {
        var wire = new Wire(_ => Wire.Json(200, Answer(Row("vault", "", ""), Row("reader", Stranger, "/secrets/gateway-key/v1"), Row("reader", Stranger, "/secrets/gateway-key"), Row("reader", Self, "/secrets/gateway-key"))));

        var read = Assert.IsType<VaultLogAnswer.Read>(await AskAsync(wire));

        Assert.Equal(ChannelBench.Now.AddMinutes(-3), read.CompleteUntil);
        Assert.Equal([(Stranger, "v1"), (Stranger, null)], read.Readers.Select(reader => (reader.ObjectId, reader.Version)));
        Assert.Equal($"https://api.loganalytics.azure.com/v1/workspaces/{Workspace}/query", wire.Requests[0].Uri.AbsoluteUri);
    }

    [Fact]
    public async Task Is_asked_in_both_tables_for_this_secret_alone()
    {
        var wire = new Wire(_ => Wire.Json(200, Answer(Row("vault", "", ""))));

        await AskAsync(wire);

        var query = JsonDocument.Parse(wire.Requests[0].Body).RootElement.GetProperty("query").GetString()!;
        foreach (var part in new[] { "AZKVAuditLogs", "AzureDiagnostics", "let Vault = \"payments.vault.azure.net\"", "let Secret = \"gateway-key\"", "datetime(2026-10-23T08:00:00Z)" }) Assert.Contains(part, query, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gateway-key", "\"gateway-key\"")]
    [InlineData("\" | union AppRequests //", "\"\\u0022\\u0020\\u007c\\u0020union\\u0020AppRequests\\u0020\\u002f\\u002f\"")]
    [InlineData("\\\"\n", "\"\\u005c\\u0022\\u000a\"")]
    public void Is_asked_with_names_that_cannot_leave_their_literal(string name, string literal) => Assert.Equal(literal, VaultLogQuery.Literal(name));

    [Fact]
    public async Task Shows_reads_of_that_value_that_succeeded_since_then_in_either_table()
    {
        const string address = "https://payments.vault.azure.net:8443/secrets/gateway-key";
        var log = new LogModel(
            new(At(-40), $"{address}/old"),
            new(At(-9), $"{address}/v1?api-version=7.4"),
            new(At(-8), $"{address}/v1"),
            new(At(-8), $"{address}/v1/?api-version=7.4"),
            new(At(-7), "https://PAYMENTS.vault.azure.net/secrets//Gateway%2DKey") { IsDiagnostics = true },
            new(At(-6), $"{address}/v3", Status: null),
            new(At(-5), $"{address}/v1", Status: 403),
            new(At(-5), $"{address}/v1", Operation: "SecretUpdate"),
            new(At(-5), "https://payments.vault.azure.net/secrets/gateway-key-2/v1"),
            new(At(-5), "https://other.vault.azure.net/secrets/gateway-key/v1"),
            new(At(-4), address, Caller: Self),
            new(At(-3), "https://payments.vault.azure.net/secrets", Operation: "SecretList"));

        var read = Assert.IsType<VaultLogAnswer.Read>(await AskAsync(log.Wire));

        Assert.Equal([("v1", At(-9), At(-8), 2), ("v1", At(-8), At(-8), 1), (null, At(-7), At(-7), 1), ("v3", At(-6), At(-6), 1)], read.Readers.Select(reader => (reader.Version, reader.FirstOn, reader.LastOn, reader.Times)));
        Assert.Equal(At(-3), read.CompleteUntil);
    }

    [Fact]
    public async Task With_more_callers_than_are_looked_at_shows_nothing()
    {
        var log = new LogModel([.. Enumerable.Range(0, 5_100).Select(i => new LoggedCall(At(-1), $"https://payments.vault.azure.net/secrets/gateway-key/{i}"))]);

        Assert.IsType<VaultLogAnswer.Partial>(await AskAsync(log.Wire));
    }

    [Fact]
    public async Task Without_any_entry_of_the_vault_shows_nothing()
    {
        Assert.IsType<VaultLogAnswer.NoEvidence>(await AskAsync(new Wire(_ => Wire.Json(200, Answer()))));
        Assert.IsType<VaultLogAnswer.NoEvidence>(await AskAsync(new Wire(_ => Wire.Json(204, ""))));
        // A vault whose entries are all of others is none that arrives.
        Assert.IsType<VaultLogAnswer.NoEvidence>(await AskAsync(new LogModel(new LoggedCall(At(-1), "https://other.vault.azure.net/secrets/gateway-key/v1")).Wire));
    }

    [Fact]
    public async Task That_answers_a_part_shows_nothing()
        => Assert.IsType<VaultLogAnswer.Partial>(await AskAsync(new Wire(_ => Wire.Json(200, Answer(Row("vault", "", ""))[..^1] + ""","error":{"code":"PartialError","message":"hostile"}}"""))));

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task That_is_not_for_us_says_what_to_grant(int status)
    {
        var refused = Assert.IsType<VaultLogAnswer.NotAllowed>(await AskAsync(new Wire(_ => Wire.Json(status, "hostile"))));

        Assert.DoesNotContain("hostile", refused.Detail, StringComparison.Ordinal);
        Assert.Contains("Only", $"{refused.Detail} Only", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, "hostile")]
    [InlineData(429, "hostile")]
    [InlineData(504, "hostile")]
    [InlineData(200, "hostile")]
    [InlineData(200, """{"tables":[]}""")]
    [InlineData(200, """{"tables":[{"columns":[{"name":"Last"}],"rows":[["not a time"]]}]}""")]
    public async Task That_answers_anything_else_is_asked_again(int status, string body)
        => Assert.DoesNotContain("hostile", Assert.IsType<VaultLogAnswer.Unavailable>(await AskAsync(new Wire(_ => Wire.Json(status, body)))).Detail, StringComparison.Ordinal);

    [Fact]
    public async Task Shows_no_claim_that_is_not_an_id()
    {
        var read = Assert.IsType<VaultLogAnswer.Read>(await AskAsync(new Wire(_ => Wire.Json(200, Answer(Row("vault", "", ""), Row("reader", "<b>hostile</b>", "/secrets/gateway-key/<b>hostile"))))));

        Assert.Equal(("without an object id", "unreadable"), (read.Readers[0].ObjectId, read.Readers[0].Version));
    }

    private static DateTimeOffset At(int days) => ChannelBench.Now.AddDays(days);

    private static string Row(string kind, string oid, string path)
        => JsonSerializer.Serialize(new object[] { kind == "vault" ? ChannelBench.Now.AddMinutes(-3) : ChannelBench.Now.AddHours(-1), ChannelBench.Now.AddDays(-2), 4, kind, oid, "", path });

    private static string Answer(params string[] rows)
        => $$"""{"tables":[{"name":"PrimaryResult","columns":[{"name":"Last"},{"name":"First"},{"name":"Times"},{"name":"Kind"},{"name":"Oid"},{"name":"App"},{"name":"Path"}],"rows":[{{string.Join(',', rows)}}]}]}""";

    private static async Task<VaultLogAnswer> AskAsync(Wire wire)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TokenCredential, OwnCredential>();
        services.AddSingleton(Options.Create(new RotationOptions { VaultLog = new VaultLogOptions { Workspace = Workspace } }));
        services.AddAdapters(new ConfigurationBuilder().Build());
        services.AddHttpClient(LogAnalyticsVaultLog.ClientName).ConfigurePrimaryHttpMessageHandler(() => wire);
        await using var provider = services.BuildServiceProvider();
        return await provider.GetRequiredService<IVaultLog>().ReadersAsync(ChannelBench.Secret, ChannelBench.Now.AddDays(-30), TestContext.Current.CancellationToken);
    }

    /// <summary>A token that says whose it is, as the real one does.</summary>
    private sealed class OwnCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
            => new($"e30.{Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"oid":"{{Self}}"}""")).TrimEnd('=').Replace('+', '-').Replace('/', '_')}.sig", DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
