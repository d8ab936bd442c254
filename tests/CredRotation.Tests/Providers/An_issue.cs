using System.Globalization;
using CredRotation.Engine;

namespace CredRotation.Tests.Providers;

public sealed class An_issue : IDisposable
{
    private readonly ProviderWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(200, "not json")]
    [InlineData(200, "")]
    [InlineData(200, "[]")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"apiKey":null}""")]
    [InlineData(200, """{"apiKey":""}""")]
    [InlineData(200, """{"apiKey":17}""")]
    [InlineData(200, """{"apiKey":"\ud800"}""")]
    [InlineData(200, """{"apiKey":"one","apiKey":"two"}""")]
    [InlineData(200, """{"apiKey":"cut of""")]
    [InlineData(201, """{"apiKey":"canary-new-51be"}""")]
    [InlineData(204, "")]
    [InlineData(302, "")]
    [InlineData(307, "")]
    [InlineData(408, "")]
    [InlineData(409, "")]
    [InlineData(500, """{"errorCode":"x"}""")]
    [InlineData(503, "")]
    public async Task Is_unknown_whenever_the_answer_leaves_it_open(int status, string body)
    {
        _world.Wire.Answers(status, body, response => response.Headers.Location = new Uri("https://management-test.adyen.com/v3/elsewhere"));

        Assert.IsType<IssueOutcome.Unknown>(await _world.IssueAsync());

        Assert.Single(_world.Wire.Sent);
    }

    [Fact]
    public async Task Is_unknown_when_the_body_is_huge_and_reads_no_more_than_a_megabyte()
    {
        var endless = new EndlessStream();
        _world.Wire.Answer = _ => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(endless) });

        var outcome = Assert.IsType<IssueOutcome.Unknown>(await _world.IssueAsync());

        Assert.Contains("larger than 1 MB", outcome.Detail, StringComparison.Ordinal);
        Assert.InRange(endless.Given, 1, 1_200_000);
    }

    [Fact]
    public async Task Is_unknown_when_no_answer_comes_in_time()
    {
        _world.Wire.Answer = async stop =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _world.Clock, stop);
            throw new InvalidOperationException("Never reached.");
        };

        var issue = _world.IssueAsync();
        _world.Clock.Advance(TimeSpan.FromSeconds(31));

        Assert.Contains("in time", Assert.IsType<IssueOutcome.Unknown>(await issue).Detail, StringComparison.Ordinal);
        Assert.Single(_world.Wire.Sent);
    }

    [Fact]
    public async Task Is_unknown_when_the_connection_drops_before_or_within_the_answer()
    {
        _world.Wire.Answer = _ => throw new HttpRequestException(HttpRequestError.ResponseEnded, $"about {ProviderWorld.NewKey}");
        Assert.IsType<IssueOutcome.Unknown>(await _world.IssueAsync());

        _world.Wire.Answer = _ => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new BrokenStream()) });
        Assert.IsType<IssueOutcome.Unknown>(await _world.IssueAsync());

        Assert.Equal(2, _world.Wire.Sent.Count);
    }

    [Fact]
    public async Task Tells_its_caller_when_the_caller_gave_up()
    {
        using var stop = new CancellationTokenSource();
        _world.Wire.Answer = async token =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
            throw new InvalidOperationException("Never reached.");
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _world.Adyen.IssueAsync(ProviderWorld.At(), ProviderWorld.Ticket, stop.Token));
    }

    [Theory]
    [InlineData(400, """{"errorCode":"10_002"}""", "10_002")]
    [InlineData(401, """{"errorCode":"00_401"}""", "00_401")]
    [InlineData(403, "<html>no</html>", "http-403")]
    [InlineData(404, "{}", "http-404")]
    [InlineData(422, """{"errorCode":"a b\r\n<script>"}""", "a_b___script_")]
    [InlineData(422, """{"errorCode":42}""", "42")]
    public async Task Is_rejected_with_a_harmless_code(int status, string body, string code)
    {
        _world.Wire.Answers(status, body);

        Assert.Equal(new IssueOutcome.Rejected(code), await _world.IssueAsync());
    }

    [Fact]
    public async Task Bounds_the_code()
    {
        _world.Wire.Answers(422, $$"""{"errorCode":"{{new string('x', 5000)}}"}""");

        Assert.Equal(100, Assert.IsType<IssueOutcome.Rejected>(await _world.IssueAsync()).Code.Length);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("Sun, 01 Mar 2026 12:00:45 GMT", 40)]
    [InlineData("Sun, 01 Mar 2020 12:00:00 GMT", 0)]
    [InlineData("999999999", 3600)]
    [InlineData("soon", 7)]
    [InlineData(null, 7)]
    public async Task Is_throttled_for_as_long_as_the_remote_asks(string? retryAfter, int seconds)
    {
        _world.Wire.Answers(429, "", response =>
        {
            response.Headers.Date = DateTimeOffset.Parse("2026-03-01T12:00:05Z", CultureInfo.InvariantCulture);
            if (retryAfter is not null) response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        });

        Assert.Equal(new IssueOutcome.Throttled(TimeSpan.FromSeconds(seconds)), await _world.IssueAsync());
    }

    [Theory]
    [InlineData("../x?y", "https://management-test.adyen.com/v3/merchants/Acme-EU/apiCredentials/..%2Fx%3Fy/generateApiKey")]
    [InlineData("a/b", "https://management-test.adyen.com/v3/merchants/Acme-EU/apiCredentials/a%2Fb/generateApiKey")]
    [InlineData("a%2e%2e#é", "https://management-test.adyen.com/v3/merchants/Acme-EU/apiCredentials/a%252e%252e%23%C3%A9/generateApiKey")]
    [InlineData("{{vault:management}}", "https://management-test.adyen.com/v3/merchants/Acme-EU/apiCredentials/%7B%7Bvault%3Amanagement%7D%7D/generateApiKey")]
    public async Task Keeps_a_hostile_target_within_its_segment(string target, string address)
    {
        _world.Wire.Answers(401);

        await _world.IssueAsync(ProviderWorld.At(target));

        Assert.Equal(address, _world.Wire.Only.Address);
    }

    [Theory]
    [InlineData(".", "not-sent.address-is-not-plain")]
    [InlineData("..", "not-sent.address-is-not-plain")]
    [InlineData("", "not-sent.empty-value-in-address")]
    public async Task Is_not_sent_for_a_target_that_would_change_the_path(string target, string code)
    {
        Assert.Equal(new IssueOutcome.Rejected(code), await _world.IssueAsync(ProviderWorld.At(target)));
        Assert.Empty(_world.Wire.Sent);
    }

    [Fact]
    public async Task Is_not_sent_to_a_host_that_the_file_does_not_allow()
    {
        var outcome = await _world.IssueAsync(ProviderWorld.At(parameters: ("baseUrl", "https://evil.example/v3")));

        Assert.Equal(new IssueOutcome.Rejected("not-sent.host-not-allowed"), outcome);
        Assert.Empty(_world.Wire.Sent);
    }

    [Theory]
    [InlineData("key\r\nX-Evil: 1", "not-sent.header-not-plain.X-API-Key")]
    [InlineData("schlüssel", "not-sent.header-not-plain.X-API-Key")]
    public async Task Is_not_sent_with_a_key_that_would_write_headers(string key, string code)
    {
        var target = ProviderWorld.At() with { Secrets = new Dictionary<string, SecretText> { ["management"] = new(key) } };

        Assert.Equal(new IssueOutcome.Rejected(code), await _world.IssueAsync(target));
        Assert.Empty(_world.Wire.Sent);
    }

    [Fact]
    public async Task Is_not_sent_without_its_management_credential()
    {
        var target = ProviderWorld.At() with { Secrets = new Dictionary<string, SecretText>() };

        Assert.Equal(new IssueOutcome.Rejected("not-sent.missing.vault.management"), await _world.IssueAsync(target));
        Assert.Empty(_world.Wire.Sent);
    }

    private sealed class EndlessStream : MemoryStream
    {
        public long Given { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)' ');
            Given += buffer.Length;
            return ValueTask.FromResult(buffer.Length);
        }
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("broken");
    }
}
