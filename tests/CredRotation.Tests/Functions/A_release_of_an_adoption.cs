using System.Net;
using System.Text.Json;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Releases;
using CredRotation.Tests.Pages;

namespace CredRotation.Tests.Functions;

public sealed class A_release_of_an_adoption(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    private const string Page = "api/pages/credentials";

    private string Path => $"api/adoptions/{world.OtherRow.Id}";

    [Fact]
    public async Task By_an_owner_goes_into_the_inbox_under_the_callers_own_name()
    {
        using var answer = await SayAsync(HeadsWorld.OtherOwner, "Not ours any more.");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(("False", "/api/pages/credentials"), await ReadAsync(answer));
        Assert.Contains(world.Registry.Told, told => told.Credential == world.OtherRow.Id && told.Item is InboxItem.Release { PersonId: HeadsWorld.OtherOwner, Reason: "Not ours any more." });
    }

    [Fact]
    public async Task By_an_operator_only_asks_the_owners()
    {
        using var answer = await world.SendAsync(world.Token(HeadsWorld.OperatorId, "Rotation.Operate"), HttpMethod.Delete, Path, HeadsWorld.Json(new { reason = "Wrong vault." }));

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(("True", "/api/pages/credentials"), await ReadAsync(answer));
        Assert.Contains(world.Registry.Told, told => told.Credential == world.OtherRow.Id && told.Item is InboxItem.AskRelease { PersonId: HeadsWorld.OperatorId, Reason: "Wrong vault." });
        Assert.DoesNotContain(world.Registry.Told, told => told.Item is InboxItem.Release { PersonId: HeadsWorld.OperatorId });
    }

    [Fact]
    public async Task While_a_rotation_is_open_is_409_and_names_it_with_what_to_do()
    {
        using var answer = await world.SendAsync(world.Token(HeadsWorld.Owner), HttpMethod.Delete, $"api/adoptions/{world.Row.Id}", HeadsWorld.Json(new { reason = "Now." }));

        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal(world.Rotation.Id.Value, problem.RootElement.GetProperty("open").GetString());
        Assert.Contains("Let it end", problem.RootElement.GetProperty("next").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("two\nlines")]
    [InlineData("")]
    public async Task Needs_a_reason_of_one_line(string reason)
    {
        using var answer = await SayAsync(HeadsWorld.OtherOwner, reason);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Is_a_form_on_the_owners_page_and_leads_back_there()
    {
        using var page = await world.SendAsync(world.Token(HeadsWorld.OtherOwner), HttpMethod.Get, Page);
        Assert.Contains($"action=\"/{Path}/release\"", await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["reason"] = "From the page." });
        using var answer = await world.SendAsync(world.Token(HeadsWorld.OtherOwner), HttpMethod.Post, $"{Path}/release", form, request => request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "same-origin"));

        Assert.Equal((HttpStatusCode.SeeOther, $"/{Page}"), (answer.StatusCode, answer.Headers.Location?.OriginalString));
        Assert.Contains(world.Registry.Told, told => told.Item is InboxItem.Release { Reason: "From the page." });
    }

    [Fact]
    public async Task From_a_form_elsewhere_is_refused()
    {
        var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["reason"] = "Tricked." });
        using var answer = await world.SendAsync(world.Token(HeadsWorld.OtherOwner), HttpMethod.Post, $"{Path}/release", form, request => request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "cross-site"));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task That_is_asked_for_stands_on_the_page_and_only_owners_may_answer()
    {
        var row = Add("asked-key") with { ReleaseAsked = new ReleaseRequest(HeadsWorld.OperatorId, "Ann <b>Operator</b>", "Moved away.", SampleRotations.Now, DateTimeOffset.MaxValue) };
        world.Registry.Put(row, SampleRotations.Of(row));

        var owners = await PageAsync(world.Token(HeadsWorld.OtherOwner));
        var operators = await PageAsync(world.Token(HeadsWorld.OperatorId, "Rotation.Operate"));

        Assert.All(new[] { owners, operators }, page => Assert.Contains("Moved away.", page, StringComparison.Ordinal));
        Assert.DoesNotContain("<b>", owners, StringComparison.Ordinal);
        Assert.Contains($"action=\"/api/adoptions/{row.Id}/release\"", owners, StringComparison.Ordinal);
        Assert.DoesNotContain($"/{row.Id}/release", operators, StringComparison.Ordinal);
        Assert.Contains("Only a member of the group", operators, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_was_done_is_said_and_nothing_more_can_be_asked_of_it()
    {
        var row = Add("released-key") with { Released = new ReleasedAdoption(HeadsWorld.OtherOwner, "Person 2", "Gone.", SampleRotations.Now, null, null) };
        world.Registry.Put(row, SampleRotations.Of(row));
        var asOperator = world.Token(HeadsWorld.OperatorId, "Rotation.Operate");

        using var again = await world.SendAsync(asOperator, HttpMethod.Delete, $"api/adoptions/{row.Id}", HeadsWorld.Json(new { reason = "Again." }));
        using var start = await world.SendAsync(asOperator, HttpMethod.Post, "api/rotations", HeadsWorld.Json(new { vault = row.Secret.VaultUri, secret = row.Secret.Name, reason = "Now." }));
        using var one = await world.SendAsync(asOperator, HttpMethod.Get, $"api/credentials/{row.Id}");
        using var list = await world.SendAsync(asOperator, HttpMethod.Get, "api/credentials");

        Assert.All(new[] { again, start }, answer => Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode));
        Assert.Contains("\"released\":{\"personName\":\"Person 2\"", await one.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var listed = JsonDocument.Parse(await list.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.DoesNotContain(listed.RootElement.GetProperty("credentials").EnumerateArray(), credential => credential.GetProperty("id").GetString() == row.Id.Value);
    }

    private static CredentialRow Add(string name)
        => SampleRotations.Row(CredRotation.Engine.SecretName.Of(new Uri("https://payments.vault.azure.net/"), name), SampleRotations.OtherGroup, isOpen: false);

    private async Task<string> PageAsync(string token)
    {
        using var page = await world.SendAsync(token, HttpMethod.Get, Page);
        return await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private Task<HttpResponseMessage> SayAsync(string who, string reason) => world.SendAsync(world.Token(who), HttpMethod.Delete, Path, HeadsWorld.Json(new { reason }));

    private static async Task<(string IsAsked, string? Page)> ReadAsync(HttpResponseMessage answer)
    {
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return (body.RootElement.GetProperty("isAsked").GetBoolean().ToString(), body.RootElement.GetProperty("page").GetString());
    }
}
