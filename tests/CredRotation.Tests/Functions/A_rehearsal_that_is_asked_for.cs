using System.Net;
using System.Text.Json.Nodes;

namespace CredRotation.Tests.Functions;

public sealed class A_rehearsal_that_is_asked_for(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    [Fact]
    public async Task Answers_with_the_verdict_and_what_stands_in_the_way()
    {
        using var answer = await AskAsync(HeadsWorld.OperatorId, HeadsWorld.WatchedVault, "unmanaged-key", "Rotation.Operate");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var report = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""
            {
              "vault": "https://127.0.0.1:4/", "secret": "unmanaged-key", "isManaged": false,
              "verdict": "Blocked", "says": "Nothing would be rotated: it is not managed and a sweep would not adopt it.",
              "mode": "Rotate", "modeFrom": "Rotation:Mode", "version": "0f9e8d7c6b5a49382716050403020100", "expiresOn": "2026-12-12T09:00:00+00:00",
              "dueBecause": null, "binding": null, "times": null, "approval": null, "steps": [],
              "inTheWay": [ { "code": "unmanaged", "detail": "No rotate- tag asks for its rotation.", "remedy": "Tag it with rotate-account, rotate-target and rotate-owner.", "severity": "Notice", "rung": 0 } ],
              "openRotation": null
            }
            """), Without(report, "since")), report.ToJsonString());
    }

    [Theory]
    [InlineData(HeadsWorld.WatchedVault, "no name!", HttpStatusCode.BadRequest)]
    [InlineData("payments", "payment-gateway-api-key", HttpStatusCode.BadRequest)]
    [InlineData("https://elsewhere.vault.azure.net/", "payment-gateway-api-key", HttpStatusCode.NotFound)]
    public async Task Of_what_we_cannot_look_at_says_so(string vault, string secret, HttpStatusCode status)
    {
        using var answer = await AskAsync(HeadsWorld.OperatorId, vault, secret, "Rotation.Operate");

        Assert.Equal(status, answer.StatusCode);
        Assert.Contains("whatStillWorks", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unmanaged-key")]
    [InlineData("no name!")]
    public async Task Tells_an_owner_nothing_about_what_is_not_theirs(string secret)
    {
        using var answer = await AskAsync(HeadsWorld.Owner, HeadsWorld.WatchedVault, secret);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task With_a_member_it_does_not_know_is_refused()
    {
        using var answer = await world.SendAsync(world.Token(HeadsWorld.OperatorId, "Rotation.Operate"), HttpMethod.Post, "api/rehearsals", HeadsWorld.Json(new { vault = "https://payments.vault.azure.net/", secret = "x", force = "yes" }));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task As_a_page_is_only_for_those_who_may_see_the_credential()
    {
        using var mine = await world.SendAsync(world.Token(HeadsWorld.Owner), HttpMethod.Get, $"api/pages/rehearsal/{world.Row.Id}");
        using var theirs = await world.SendAsync(world.Token(HeadsWorld.OtherOwner), HttpMethod.Get, $"api/pages/rehearsal/{world.Row.Id}");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.Forbidden), (mine.StatusCode, theirs.StatusCode));
        Assert.Contains("no longer watched", await mine.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_nothing_to_the_registry_and_wakes_nobody()
    {
        var (told, sent) = (world.Registry.Told.Count, world.Queue.Sent.Count);

        using var answer = await AskAsync(HeadsWorld.OperatorId, HeadsWorld.WatchedVault, "unmanaged-key", "Rotation.Operate");

        Assert.Equal((told, sent), (world.Registry.Told.Count, world.Queue.Sent.Count));
    }

    private static JsonNode Without(JsonNode report, string member)
    {
        foreach (var finding in report["inTheWay"]!.AsArray()) finding!.AsObject().Remove(member);
        return report;
    }

    private Task<HttpResponseMessage> AskAsync(string who, string vault, string secret, params string[] roles)
        => world.SendAsync(world.Token(who, roles), HttpMethod.Post, "api/rehearsals", HeadsWorld.Json(new { vault, secret }));
}
