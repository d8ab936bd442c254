using System.Net;
using CredRotation.Engine.Registry;

namespace CredRotation.Tests.Functions;

public sealed class A_consent_to_another_binding(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    [Fact]
    public async Task Goes_into_the_inbox_under_the_callers_own_name()
    {
        using var answer = await SayAsync(HeadsWorld.Owner, HeadsWorld.Json(Body(world.Row.Pending!.Hash)));

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Contains(world.Registry.Told, told => told.Credential == world.Row.Id && told.Item is InboxItem.Consent { PersonId: HeadsWorld.Owner } consent && consent.ChangeHash == world.Row.Pending.Hash);
    }

    [Fact]
    public async Task To_a_change_that_does_not_wait_is_412()
    {
        using var answer = await SayAsync(HeadsWorld.Owner, HeadsWorld.Json(Body(new string('0', 64))));

        Assert.Equal(HttpStatusCode.PreconditionFailed, answer.StatusCode);
    }

    [Fact]
    public async Task Is_a_button_on_the_owners_page_and_leads_back_there()
    {
        using var page = await world.SendAsync(world.Token(HeadsWorld.Owner), HttpMethod.Get, "api/pages/credentials");
        var html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains($"name=\"change\" value=\"{world.Row.Pending!.Hash}\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain("disabled", html, StringComparison.Ordinal);

        using var answer = await SayAsync(HeadsWorld.Owner, new FormUrlEncodedContent(Body(world.Row.Pending.Hash)), ("Sec-Fetch-Site", "same-origin"));

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("/api/pages/credentials", answer.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task Is_shown_to_an_operator_and_not_offered()
    {
        using var page = await world.SendAsync(world.Token(HeadsWorld.OperatorId, "Rotation.Operate"), HttpMethod.Get, "api/pages/credentials");

        var html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("the tags ask for another binding", html, StringComparison.Ordinal);
        Assert.Contains("disabled", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task From_a_form_elsewhere_is_refused()
    {
        using var answer = await SayAsync(HeadsWorld.Owner, new FormUrlEncodedContent(Body(world.Row.Pending!.Hash)), ("Sec-Fetch-Site", "cross-site"));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private Dictionary<string, string> Body(string change) => new() { ["vault"] = world.Row.Secret.VaultUri.AbsoluteUri, ["secret"] = world.Row.Secret.Name, ["change"] = change };

    private Task<HttpResponseMessage> SayAsync(string who, HttpContent body, params (string Name, string Value)[] headers)
        => world.SendAsync(world.Token(who), HttpMethod.Post, "api/adoptions", body, request =>
        {
            foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        });
}
