using System.Net;
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
        => EventPoster.Start(_vaults, _clock, new HttpClient(new Wire(sent => new HttpResponseMessage(answer(sent)))), Webhook, options);

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
