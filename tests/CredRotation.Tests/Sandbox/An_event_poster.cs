using System.Net;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Sandbox.Systems;
using CredRotation.Testing;
using CredRotation.Tests.Adapters;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Sandbox;

public sealed class An_event_poster
{
    private static readonly Uri Webhook = new("http://127.0.0.1:7071/runtime/webhooks/eventgrid?functionName=OnSecretNearExpiry");

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
    private readonly VaultModel _vaults;

    public An_event_poster()
    {
        _vaults = new VaultModel(_clock, 1);
        _vaults.AddVault("payments.vault.azure.net", "payments");
    }

    [Fact]
    public async Task Announces_a_version_when_it_is_written_thirty_days_before_its_end_and_at_its_end()
    {
        var poster = Start(_ => HttpStatusCode.Accepted, new EventPosterOptions());
        Write(TimeSpan.FromDays(40));

        await PassAsync(TimeSpan.FromDays(41), TimeSpan.FromHours(2));

        Assert.Equal([VaultEvent.NewVersion, VaultEvent.NearExpiry, VaultEvent.Expired], poster.Deliveries.Select(delivery => delivery.Event.Type));
        Assert.Equal([0, 10, 40], poster.Deliveries.Select(delivery => (int)(delivery.At - delivery.Event.On).TotalDays + (int)(delivery.Event.On - poster.Deliveries[0].Event.On).TotalDays));
        await poster.DisposeAsync();
    }

    [Fact]
    public async Task Comes_again_until_it_is_accepted()
    {
        var answers = new Queue<HttpStatusCode>([HttpStatusCode.InternalServerError, HttpStatusCode.NotFound]);
        var poster = Start(_ => answers.TryDequeue(out var next) ? next : HttpStatusCode.OK, new EventPosterOptions { DelayMax = TimeSpan.Zero });
        Write(null);

        await PassAsync(TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(5));

        Assert.Equal([500, 404, 200], poster.Deliveries.Select(delivery => delivery.Status));
        Assert.InRange(poster.Deliveries[1].At - poster.Deliveries[0].At, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20));
        Assert.InRange(poster.Deliveries[2].At - poster.Deliveries[1].At, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6));
        Assert.Empty(poster.DeadLetters);
        await poster.DisposeAsync();
    }

    [Theory]
    [InlineData(400, "NotRetried", 1)]
    [InlineData(401, "NotRetried", 1)]
    [InlineData(403, "NotRetried", 1)]
    [InlineData(413, "NotRetried", 1)]
    public async Task Keeps_what_it_gave_up(int status, string reason, int attempts)
    {
        var poster = Start(_ => (HttpStatusCode)status, new EventPosterOptions { DelayMax = TimeSpan.Zero });
        Write(null);

        await PassAsync(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5));

        Assert.Equal((reason, attempts, status), poster.DeadLetters.Select(letter => (letter.Reason, letter.Attempts, letter.LastStatus)).Single());
        await poster.DisposeAsync();
    }

    [Fact]
    public async Task Gives_up_after_a_day()
    {
        var poster = Start(_ => HttpStatusCode.InternalServerError, new EventPosterOptions { DelayMax = TimeSpan.Zero });
        Write(null);

        await PassAsync(TimeSpan.FromDays(2), TimeSpan.FromMinutes(5));

        Assert.Equal("TimeToLiveExceeded", Assert.Single(poster.DeadLetters).Reason);
        await poster.DisposeAsync();
    }

    [Theory]
    [InlineData(false, 200, "{}")]
    [InlineData(false, 200, "garbage")]
    [InlineData(false, 202, null)]
    [InlineData(false, 404, null)]
    [InlineData(true, 200, "")]
    [InlineData(true, 405, "")]
    public async Task Delivers_nothing_to_a_webhook_that_did_not_agree(bool hasCloudEvents, int status, string? body)
    {
        var sent = new List<Sent>();
        await using var poster = EventPoster.Start(_vaults, _clock, new HttpClient(new Wire(request =>
        {
            sent.Add(request);
            return Wire.Json(status, body ?? Handshake(request)!.Content.ReadAsStringAsync(TestContext.Current.CancellationToken).Result, ("WebHook-Allowed-Origin", "elsewhere.example"));
        })), Webhook, new EventPosterOptions { DelayMax = TimeSpan.Zero, HasCloudEvents = hasCloudEvents });
        Write(null);

        await PassAsync(TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(10));

        Assert.True(poster.Handshakes.Count > 1);
        Assert.All(poster.Handshakes, handshake => Assert.Equal((status, false), (handshake.Status, handshake.IsAgreed)));
        Assert.All(sent, request => Assert.True(request.Method == "OPTIONS" || request.Headers["aeg-event-type"] == "SubscriptionValidation"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Shakes_hands_once_however_much_there_is_to_deliver(bool hasCloudEvents)
    {
        await using var poster = Start(_ => HttpStatusCode.OK, new EventPosterOptions { DelayMax = TimeSpan.Zero, DuplicateChance = 1, HasCloudEvents = hasCloudEvents });
        Write(null);
        Write(null);

        await PassAsync(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5));

        Assert.True(Assert.Single(poster.Handshakes).IsAgreed);
        Assert.Equal(4, poster.Deliveries.Count);
    }

    [Fact]
    public async Task Delivers_twice_when_the_dice_want()
    {
        var poster = Start(_ => HttpStatusCode.OK, new EventPosterOptions { DuplicateChance = 1, HasCloudEvents = true });
        Write(null);

        await PassAsync(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1));

        Assert.Equal(2, poster.Deliveries.Count);
        Assert.Single(poster.Deliveries.Select(delivery => delivery.Event.Id).Distinct());
        await poster.DisposeAsync();
    }

    private EventPoster Start(Func<Sent, HttpStatusCode> answer, EventPosterOptions options)
        => EventPoster.Start(_vaults, _clock, new HttpClient(new Wire(sent => Handshake(sent) ?? new HttpResponseMessage(answer(sent)))), Webhook, options);

    private static HttpResponseMessage? Handshake(Sent sent)
    {
        if (sent.Method == "OPTIONS") return Wire.Json(200, "", ("WebHook-Allowed-Origin", sent.Headers["WebHook-Request-Origin"]));
        return sent.Headers.GetValueOrDefault("aeg-event-type") == "SubscriptionValidation"
            ? Wire.Json(200, $$"""{"validationResponse":{{JsonNode.Parse(sent.Body)![0]!["data"]!["validationCode"]!.ToJsonString()}}}""")
            : null;
    }

    private void Write(TimeSpan? life)
        => _vaults.Set("payments.vault.azure.net", "gateway-key", new VaultContent(new SecretText("value"), null, true, null, life is { } span ? (_clock.GetUtcNow() + span).ToUnixTimeSeconds() : null, new Dictionary<string, string>()), new VaultCaller("person", ""));

    private async Task PassAsync(TimeSpan time, TimeSpan step)
    {
        for (var end = _clock.GetUtcNow() + time; _clock.GetUtcNow() < end;)
        {
            _clock.Advance(step);
            // Lets what the timers woke run before they are asked again.
            for (var turn = 0; turn < 5; turn++) await Task.Yield();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
