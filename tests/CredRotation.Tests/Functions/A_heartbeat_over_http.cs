using System.Net;
using System.Text.Json;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Functions;

/// <summary>What an app's instance says of itself, and what only its own identity may say.</summary>
public sealed class A_heartbeat_over_http(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_kept_as_a_lease_and_wakes_nobody()
    {
        var told = world.Registry.Told.Count;

        using var answer = await BeatAsync(world.Heartbeat());

        var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel)).RootElement;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.InRange(body.GetProperty("renewAfterSeconds").GetDouble(), 5, 300);
        Assert.Equal(JsonValueKind.Null, body.GetProperty("signal").ValueKind);
        Assert.Equal(told, world.Registry.Told.Count);
        var lease = Assert.Single(await world.App.Services.GetRequiredService<LeaseBook>().ReadAsync(world.Row.Id, Cancel), lease => lease.Lease.Instance == "checkout-1");
        Assert.Equal(("checkout", true), (lease.Lease.Alias, lease.IsAlive));
    }

    [Fact]
    public async Task Ends_the_lease_of_an_instance_that_leaves()
    {
        var beat = world.Heartbeat();
        beat["instance"] = "checkout-9";
        using (await BeatAsync(beat)) beat["leaving"] = "true";

        using var answer = await BeatAsync(beat);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.False((await world.App.Services.GetRequiredService<LeaseBook>().ReadAsync(world.Row.Id, Cancel)).Single(lease => lease.Lease.Instance == "checkout-9").IsAlive);
    }

    [Theory]
    [InlineData("version", "../x")]
    [InlineData("version", "")]
    [InlineData("instance", "")]
    [InlineData("instance", "two\nlines")]
    [InlineData("vault", "not a vault")]
    [InlineData("leaving", "perhaps")]
    [InlineData("more", "unknown")]
    public async Task Is_not_understood_with_anything_that_it_cannot_be(string member, string value)
    {
        var beat = world.Heartbeat();
        beat[member] = value;

        using var answer = await BeatAsync(beat);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Is_not_heard_about_a_secret_that_it_does_not_use_nor_told_whether_there_is_one()
    {
        var other = world.Heartbeat();
        other["secret"] = "no-such-key";
        var known = world.Heartbeat();
        (known["vault"], known["secret"]) = (world.OtherRow.Secret.VaultUri.AbsoluteUri, world.OtherRow.Secret.Name);
        known["secret"] = "no-such-key-either";

        using var missing = await BeatAsync(other);
        using var foreign = await BeatAsync(known);

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (missing.StatusCode, foreign.StatusCode));
    }

    [Fact]
    public async Task A_failure_is_left_for_the_next_visit()
    {
        using var answer = await world.SendAsync(world.Token(HeadsWorld.CheckoutPrincipal), HttpMethod.Post, "api/failures", HeadsWorld.Json(world.Heartbeat(("what", "refused"))));
        using var strange = await world.SendAsync(world.Token(HeadsWorld.CheckoutPrincipal), HttpMethod.Post, "api/failures", HeadsWorld.Json(world.Heartbeat(("what", "anything"))));

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.BadRequest), (answer.StatusCode, strange.StatusCode));
        Assert.Contains(world.Registry.Told, told => told.Item is InboxItem.ReportFailure { What: "refused", Instance: "checkout-1" });
    }

    private Task<HttpResponseMessage> BeatAsync(Dictionary<string, string> beat) => world.SendAsync(world.Token(HeadsWorld.CheckoutPrincipal), HttpMethod.Post, "api/leases", HeadsWorld.Json(beat));
}
