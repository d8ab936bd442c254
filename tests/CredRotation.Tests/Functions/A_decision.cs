using System.Net;
using CredRotation.Engine.Registry;

namespace CredRotation.Tests.Functions;

public sealed class A_decision(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    [Theory]
    [InlineData("planHash", "another")]
    [InlineData("expectedState", "Detected")]
    public async Task On_what_moved_on_is_412(string member, string value)
    {
        var body = world.Decision();
        body[member] = value;

        using var answer = await SayAsync(HeadsWorld.Owner, "approve", HeadsWorld.Json(body));

        Assert.Equal(HttpStatusCode.PreconditionFailed, answer.StatusCode);
    }

    [Theory]
    [InlineData("override", 412)]
    [InlineData("approve", 400)]
    public async Task For_a_choice_the_hold_does_not_offer_is_refused(string choice, int status)
    {
        using var answer = await SayAsync(HeadsWorld.Owner, "choose", HeadsWorld.Json(world.Decision(choice)));

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Of_the_starter_cannot_be_a_yes_but_may_be_a_no()
    {
        using var yes = await SayAsync(HeadsWorld.Starter, "approve", HeadsWorld.Json(world.Decision()));
        using var no = await SayAsync(HeadsWorld.Starter, "reject", HeadsWorld.Json(world.Decision()));

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Accepted), (yes.StatusCode, no.StatusCode));
    }

    [Fact]
    public async Task Goes_into_the_inbox_under_the_callers_own_name_and_wakes_the_credential()
    {
        using var answer = await SayAsync(HeadsWorld.Owner, "choose", HeadsWorld.Json(world.Decision("retry")));

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Contains(world.Registry.Told, told => told.Item is InboxItem.Choose { Choice: "retry", PersonId: HeadsWorld.Owner } item && item.Rotation == world.Rotation.Id);
        Assert.Contains(world.Row.Id, world.Queue.Sent);
    }

    [Fact]
    public async Task From_our_own_page_leads_back_to_it()
    {
        using var answer = await SayAsync(HeadsWorld.Owner, "approve", new FormUrlEncodedContent(world.Decision("approve")), ("Sec-Fetch-Site", "same-origin"));

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal($"/api/pages/rotation/{world.Rotation.Id}", answer.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "https://elsewhere.example")]
    [InlineData("Origin", "null")]
    [InlineData("X-Nothing", "x")]
    public async Task From_a_form_elsewhere_is_refused_to_a_person_in_words(string header, string value)
    {
        using var answer = await SayAsync(HeadsWorld.Owner, "approve", new FormUrlEncodedContent(world.Decision()), (header, value));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Sent_by_another_site_as_json_is_refused()
    {
        using var answer = await SayAsync(HeadsWorld.Owner, "approve", HeadsWorld.Json(world.Decision()), ("Origin", "https://elsewhere.example"));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private Task<HttpResponseMessage> SayAsync(string who, string what, HttpContent body, params (string Name, string Value)[] headers)
        => world.SendAsync(world.Token(who), HttpMethod.Post, $"api/rotations/{world.Rotation.Id}/{what}", body, request =>
        {
            foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        });
}
