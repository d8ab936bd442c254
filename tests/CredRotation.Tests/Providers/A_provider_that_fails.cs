using CredRotation.Engine;

namespace CredRotation.Tests.Providers;

/// <summary>What the client of all providers does by itself when one of them fails: it repeats nothing, and leaves alone who fails too often.</summary>
public sealed class A_provider_that_fails : IDisposable
{
    private const int Judged = 20;

    private readonly ProviderWorld _world = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(408)]
    [InlineData(0)]
    public async Task Is_sent_every_call_once_and_the_engine_decides_on_another(int status)
    {
        _world.Wire.Answer = _ => status == 0 ? throw new HttpRequestException(HttpRequestError.ConnectionError) : Task.FromResult(Answer(status, "{}"));

        await _world.IssueAsync();
        await _world.VerifyAsync();
        await _world.CheckTargetAsync();
        await _world.Credentials.RetireAsync(ProviderWorld.At(), new RetireTicket("S2-1", null), Cancellation);
        await Assert.ThrowsAsync<RemoteTroubleException>(() => _world.Credentials.ListAsync(ProviderWorld.At(), Cancellation));

        Assert.Equal(5, _world.Wire.Sent.Count);
    }

    [Fact]
    public async Task Is_left_alone_and_nothing_of_that_is_in_doubt()
    {
        _world.Wire.Answers(500);
        for (var call = 0; call < Judged; call++) await _world.VerifyAsync();
        var sent = _world.Wire.Sent.Count;

        Assert.IsType<IssueOutcome.Throttled>(await _world.IssueAsync());
        Assert.IsType<ProbeOutcome.Throttled>(await _world.VerifyAsync());
        Assert.IsType<TargetOutcome.Throttled>(await _world.CheckTargetAsync());
        Assert.IsType<RetireOutcome.Throttled>(await _world.Credentials.RetireAsync(ProviderWorld.At(), new RetireTicket("S2-1", null), Cancellation));
        var list = await Assert.ThrowsAsync<RemoteTroubleException>(() => _world.Credentials.ListAsync(ProviderWorld.At(), Cancellation));

        Assert.Equal(RemoteTrouble.Throttled, list.Trouble);
        Assert.Equal(sent, _world.Wire.Sent.Count);
    }

    [Fact]
    public async Task Is_asked_again_after_fifteen_seconds()
    {
        _world.Wire.Answers(500);
        for (var call = 0; call < Judged; call++) await _world.VerifyAsync();
        _world.Wire.Answers(200, """{"apiKey":"canary-new-51be"}""");

        _world.Clock.Advance(TimeSpan.FromSeconds(16));

        Assert.IsType<IssueOutcome.Issued>(await _world.IssueAsync());
    }

    [Fact]
    public async Task Does_not_stop_calls_to_another()
    {
        _world.Wire.Answers(500);
        for (var call = 0; call < Judged; call++) await _world.VerifyAsync();
        _world.Wire.Answers(200, """{"apiKey":"canary-new-51be"}""");

        Assert.IsType<IssueOutcome.Issued>(await _world.IssueAsync(ProviderWorld.At(parameters: ("baseUrl", "https://management-live.adyen.com/v3"))));
    }

    [Fact]
    public async Task Is_no_failing_one_while_it_asks_for_patience()
    {
        _world.Wire.Answers(429);
        for (var call = 0; call < Judged * 2; call++) await _world.VerifyAsync();

        Assert.Equal(Judged * 2, _world.Wire.Sent.Count);
    }

    private static HttpResponseMessage Answer(int status, string body)
        => new((System.Net.HttpStatusCode)status) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
}
