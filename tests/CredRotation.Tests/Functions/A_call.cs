using System.Net;
using System.Text;
using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Tests.Functions;

public sealed class A_call(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    private const string UnknownId = "aaaaaaaaaaaaaaaaaaaa";

    [Theory]
    [InlineData("api/credentials/aaaaaaaaaaaaaaaaaaaa")]
    [InlineData("api/rotations/aaaaaaaaaaaaaaaaaaaa")]
    [InlineData("api/rotations/not-an-id")]
    [InlineData("api/pages/rotation/aaaaaaaaaaaaaaaaaaaa")]
    [InlineData("api/pages/nowhere")]
    public async Task For_what_does_not_exist_is_404_only_for_a_reader(string path)
    {
        Assert.Equal(404, await StatusAsync(world.Token(HeadsWorld.AuditorId, "Rotation.Audit"), HttpMethod.Get, path));
        Assert.Equal(403, await StatusAsync(world.Token(HeadsWorld.CheckoutPrincipal), HttpMethod.Get, path));
    }

    [Fact]
    public async Task For_what_a_newer_version_wrote_says_so_with_what_still_works_and_what_to_do()
    {
        using var answer = await world.SendAsync(world.Token(HeadsWorld.AuditorId, "Rotation.Audit"), HttpMethod.Get, $"api/rotations/{FakeRegistry.OfANewerVersion}");

        var problem = await BodyAsync(answer);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(
            ("Rotation 1 of a credential was written by a newer version of CredRotation (format 2, this one reads up to 1). It is left untouched.", "Others go on.", "Deploy the newer version again."),
            (problem.GetProperty("detail").GetString(), problem.GetProperty("whatStillWorks").GetString(), problem.GetProperty("next").GetString()));
    }

    [Fact]
    public async Task With_a_query_is_refused()
        => Assert.Equal(400, await StatusAsync(world.Token(HeadsWorld.AuditorId, "Rotation.Audit"), HttpMethod.Get, "api/credentials?expand=all"));

    [Theory]
    [InlineData("""{"vault":"https://payments.vault.azure.net/","secret":"other-key","reason":"r","force":"yes"}""", 400)]
    [InlineData("""{"vault":"https://payments.vault.azure.net/","secret":"other-key"}""", 400)]
    [InlineData("""{"vault":"http://payments.vault.azure.net/","secret":"other-key","reason":"r"}""", 400)]
    [InlineData("""{"vault":"https://payments.vault.azure.net/","secret":"../x","reason":"r"}""", 400)]
    [InlineData("""{"vault":"https://payments.vault.azure.net/","secret":"unknown","reason":"r"}""", 404)]
    [InlineData("""{"vault":"https://payments.vault.azure.net/","secret":"other-key","reason":"r\u0000"}""", 400)]
    [InlineData("""{"vault":1,"secret":"other-key","reason":"r"}""", 400)]
    [InlineData("""{"secret":"a","secret":"other-key","vault":"https://payments.vault.azure.net/","reason":"r"}""", 400)]
    [InlineData("[]", 400)]
    [InlineData("{", 400)]
    public async Task To_start_is_read_strictly(string body, int status)
        => Assert.Equal(status, await StatusAsync(Operator, HttpMethod.Post, "api/rotations", new StringContent(body, Encoding.UTF8, "application/json")));

    [Fact]
    public async Task With_a_body_beyond_the_bound_is_refused()
        => Assert.Equal(413, await StatusAsync(Operator, HttpMethod.Post, "api/rotations", new StringContent($$"""{"reason":"{{new string('r', 70_000)}}"}""", Encoding.UTF8, "application/json")));

    [Fact]
    public async Task Of_another_type_is_refused()
        => Assert.Equal(415, await StatusAsync(Operator, HttpMethod.Post, "api/rotations", new StringContent("vault=x", Encoding.UTF8, "text/plain")));

    [Fact]
    public async Task To_start_answers_the_id_the_rotation_will_have()
    {
        using var answer = await world.SendAsync(Operator, HttpMethod.Post, "api/rotations", Start(world.OtherRow));

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(RotationId.Of(world.OtherRow.Id, world.OtherRow.Ordinal + 1).Value, (await BodyAsync(answer)).GetProperty("id").GetString());
        Assert.Contains(world.Registry.Told, told => told.Credential == world.OtherRow.Id && told.Item is InboxItem.Start { PersonId: HeadsWorld.OperatorId, Reason: "Asked." });
        Assert.Contains(world.OtherRow.Id, world.Queue.Sent);
    }

    [Fact]
    public async Task To_start_while_one_is_open_names_the_open_one()
    {
        using var answer = await world.SendAsync(Operator, HttpMethod.Post, "api/rotations", Start(world.Row));

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal(world.Rotation.Id.Value, (await BodyAsync(answer)).GetProperty("open").GetString());
    }

    [Fact]
    public async Task Refused_says_what_still_works_and_what_to_do_next()
    {
        using var answer = await world.SendAsync(null, HttpMethod.Get, "api/credentials");

        var problem = await BodyAsync(answer);

        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.NotEmpty(problem.GetProperty("whatStillWorks").GetString()!);
        Assert.NotEmpty(problem.GetProperty("next").GetString()!);
    }

    [Fact]
    public async Task Shows_state_hold_next_and_ledger()
    {
        using var answer = await world.SendAsync(Operator, HttpMethod.Get, $"api/rotations/{world.Rotation.Id}");

        var body = await BodyAsync(answer);

        Assert.Equal("Authorized", body.GetProperty("state").GetString());
        Assert.Equal(world.Rotation.PlanHash, body.GetProperty("planHash").GetString());
        Assert.Equal(["approve", "reject", "retry"], body.GetProperty("hold").GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("name").GetString()));
        Assert.Equal("Issue", body.GetProperty("next").GetProperty("step").GetString());
        Assert.Equal(2, body.GetProperty("ledger").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, body.GetProperty("promotedVersion").ValueKind);
    }

    [Fact]
    public async Task Answers_with_headers_that_let_a_browser_do_nothing_else()
    {
        using var answer = await world.SendAsync(Operator, HttpMethod.Get, $"api/pages/rotation/{world.Rotation.Id}");

        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));

        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("DENY", Assert.Single(answer.Headers.GetValues("X-Frame-Options")));
    }

    [Theory]
    [InlineData("site.css", 200)]
    [InlineData("live.js", 200)]
    [InlineData("..%2Fhost.json", 404)]
    [InlineData("host.json", 404)]
    public async Task For_a_file_finds_only_the_two_that_pages_load(string file, int status)
        => Assert.Equal(status, await StatusAsync(Operator, HttpMethod.Get, $"api/pages/assets/{file}"));

    [Fact]
    public async Task Of_an_owner_while_the_directory_is_silent_is_not_a_refusal()
    {
        var row = world.Row with { Id = CredentialId.Of(SecretName.Of(new Uri("https://payments.vault.azure.net/"), "orphan")), Binding = world.Row.Binding with { OwnerGroup = "33333333-3333-3333-3333-333333333333" } };
        var lonely = new HeadsWorld();
        await lonely.InitializeAsync();
        await using var _ = lonely;
        lonely.Registry.Put(row, world.Rotation with { Id = RotationId.Of(row.Id, 3) });

        using var answer = await lonely.SendAsync(lonely.Token(HeadsWorld.Owner), HttpMethod.Get, $"api/credentials/{row.Id}");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public void Of_unknown_id_uses_a_well_formed_one() => Assert.True(CredentialId.TryParse(UnknownId, out _));

    private string Operator => world.Token(HeadsWorld.OperatorId, "Rotation.Operate");

    private static StringContent Start(CredentialRow row) => HeadsWorld.Json(new { vault = row.Secret.VaultUri, secret = row.Secret.Name, reason = "Asked." });

    private async Task<int> StatusAsync(string token, HttpMethod method, string path, HttpContent? body = null)
    {
        using var answer = await world.SendAsync(token, method, path, body);
        return (int)answer.StatusCode;
    }

    private static async Task<JsonElement> BodyAsync(HttpResponseMessage answer)
        => JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
}
