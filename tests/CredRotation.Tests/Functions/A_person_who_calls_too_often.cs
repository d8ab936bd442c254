using System.Net;
using CredRotation.Functions.Access;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Functions;

public sealed class A_person_who_calls_too_often(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    private static readonly AuthorizationRow s_intake = AuthorizationTable.Of(EndpointName.HandIn);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Is_told_when_to_come_back_and_may_then()
    {
        var limits = new CallLimits(_clock);
        for (var call = 0; call < s_intake.PerMinute; call++) Assert.Null(limits.Refusal(Person("a"), s_intake));

        var wait = limits.Refusal(Person("a"), s_intake);
        Assert.Equal(TimeSpan.FromSeconds(6), wait);
        _clock.Advance(wait!.Value);

        Assert.Null(limits.Refusal(Person("a"), s_intake));
        Assert.NotNull(limits.Refusal(Person("a"), s_intake));
    }

    [Fact]
    public void Keeps_nobody_else_and_no_other_call_waiting()
    {
        var limits = new CallLimits(_clock);
        for (var call = 0; call <= s_intake.PerMinute; call++) limits.Refusal(Person("a"), s_intake);

        Assert.Null(limits.Refusal(Person("b"), s_intake));
        Assert.Null(limits.Refusal(Person("a"), AuthorizationTable.Of(EndpointName.Adopt)));
        Assert.Null(limits.Refusal(Person("a"), AuthorizationTable.Of(EndpointName.ApproveRotation)));
    }

    [Fact]
    public void Among_more_people_than_are_held_shares_with_the_others_until_some_were_quiet()
    {
        var limits = new CallLimits(_clock);
        for (var person = 0; person < 10_000; person++) Assert.Null(limits.Refusal(Person($"p{person}"), s_intake));
        for (var person = 0; person < s_intake.PerMinute; person++) Assert.Null(limits.Refusal(Person($"late{person}"), s_intake));

        Assert.NotNull(limits.Refusal(Person("last"), s_intake));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(limits.Refusal(Person("last"), s_intake));
    }

    [Fact]
    public async Task Gets_429_with_what_still_works_and_when_to_repeat()
    {
        HttpResponseMessage? last = null;
        for (var call = 0; call <= AuthorizationTable.Of(EndpointName.TypeTestCode).PerMinute; call++)
        {
            last?.Dispose();
            last = await world.SendAsync(world.Token(HeadsWorld.OperatorId, "Rotation.Operate"), HttpMethod.Post, "api/setup/delivery", HeadsWorld.Json(new { code = "1234567" }));
        }

        using (last)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, last!.StatusCode);
            Assert.InRange(last.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            Assert.Contains("whatStillWorks", await last.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(EndpointName.HandIn)]
    [InlineData(EndpointName.Adopt)]
    [InlineData(EndpointName.AdoptMany)]
    [InlineData(EndpointName.Rehearse)]
    [InlineData(EndpointName.TypeTestCode)]
    public void Is_bounded_wherever_a_call_costs_or_can_be_guessed(EndpointName call) => Assert.NotNull(AuthorizationTable.Of(call).PerMinute);

    private static Caller Person(string id) => new(id, id, []);
}
