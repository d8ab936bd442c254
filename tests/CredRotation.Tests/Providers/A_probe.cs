using System.Globalization;
using CredRotation.Engine;

namespace CredRotation.Tests.Providers;

public sealed class A_probe : IDisposable
{
    private static readonly DateTimeOffset Date = DateTimeOffset.Parse("2026-03-01T12:00:05Z", CultureInfo.InvariantCulture);
    private readonly ProviderWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(200, """{"id":"S2-6262224667","active":true,"companyName":"Acme"}""", typeof(ProbeOutcome.Works))]
    [InlineData(200, """{"id":"S2-1","active":true,"companyName":"Acme"}""", typeof(ProbeOutcome.WrongIdentity))]
    [InlineData(200, """{"id":"S2-6262224667","active":false,"companyName":"Acme"}""", typeof(ProbeOutcome.WrongIdentity))]
    [InlineData(200, """{"id":"S2-6262224667","active":"true","companyName":"Acme"}""", typeof(ProbeOutcome.WrongIdentity))]
    [InlineData(200, """{"id":"S2-6262224667","active":true}""", typeof(ProbeOutcome.Unknown))]
    [InlineData(200, "<html>", typeof(ProbeOutcome.Unknown))]
    [InlineData(204, "", typeof(ProbeOutcome.Unknown))]
    [InlineData(301, "", typeof(ProbeOutcome.Unknown))]
    [InlineData(401, "", typeof(ProbeOutcome.Refused))]
    [InlineData(403, "", typeof(ProbeOutcome.Forbidden))]
    [InlineData(404, "", typeof(ProbeOutcome.Unknown))]
    [InlineData(429, "", typeof(ProbeOutcome.Throttled))]
    [InlineData(500, "", typeof(ProbeOutcome.Unknown))]
    public async Task Tells_what_the_answer_shows_and_the_remotes_clock(int status, string body, Type outcome)
    {
        _world.Wire.Answers(status, body, response => response.Headers.Date = Date);

        var shown = await _world.VerifyAsync();

        Assert.IsType(outcome, shown);
        Assert.Equal(Date, shown.RemoteDate);
    }

    [Fact]
    public async Task Learns_nothing_from_a_dropped_connection()
    {
        _world.Wire.Answer = _ => throw new HttpRequestException(HttpRequestError.ConnectionError);

        Assert.Null(Assert.IsType<ProbeOutcome.Unknown>(await _world.VerifyAsync()).RemoteDate);
    }

    [Theory]
    [InlineData(200, """{"id":"S2-6262224667","active":true}""", typeof(TargetOutcome.Readable))]
    [InlineData(200, """{"id":"other","active":true}""", typeof(TargetOutcome.Unreadable))]
    [InlineData(200, """{"id":"S2-6262224667","active":false}""", typeof(TargetOutcome.Unreadable))]
    [InlineData(200, "<html>", typeof(TargetOutcome.Unknown))]
    [InlineData(401, "", typeof(TargetOutcome.Unreadable))]
    [InlineData(403, """{"errorCode":"00_403"}""", typeof(TargetOutcome.Unreadable))]
    [InlineData(404, "", typeof(TargetOutcome.Unreadable))]
    [InlineData(422, "", typeof(TargetOutcome.Unreadable))]
    [InlineData(429, "", typeof(TargetOutcome.Throttled))]
    [InlineData(302, "", typeof(TargetOutcome.Unknown))]
    [InlineData(502, "", typeof(TargetOutcome.Unknown))]
    public async Task Of_the_target_tells_whether_the_management_key_sees_it(int status, string body, Type outcome)
    {
        _world.Wire.Answers(status, body, response => response.Headers.Date = Date);

        var seen = await _world.CheckTargetAsync();

        Assert.IsType(outcome, seen);
        Assert.Equal(Date, seen.RemoteDate);
    }
}
