using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using CredRotation.Client;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Sandbox.World;

namespace CredRotation.Tests.Sandbox;

/// <summary>The checkout app as a real child process in a whole sandbox.</summary>
public sealed class A_shop_of_the_sandbox : IAsyncLifetime
{
    private const string Rotation = "aaaaaaaaaaaaaaaaaaaa";
    private readonly SandboxClock _clock = new();
    private readonly HttpClient _http = PinnedTransport.Client("none");
    private SandboxWorld? _world;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private SandboxWorld World => _world!;

    public async ValueTask InitializeAsync()
    {
        _world = await SandboxWorld.StartAsync(new SandboxOptions { Seed = 11 }, _clock, Stop);
        await _world.Checkout.StartAsync(Stop);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_world is not null) await _world.DisposeAsync();
    }

    [Fact]
    public async Task Takes_payments_without_a_failure()
    {
        await PaidAsync(100);

        var stats = await World.Checkout.StatsAsync(Stop);
        Assert.Equal((0L, 1), (stats.Failed, stats.Starts));
        Assert.True(stats.Attempted >= 100);
        Assert.Equal(0, World.Gateway.RefusedPayments);
        Assert.Empty(World.UnreadLiveKeys);
    }

    [Fact]
    public async Task Goes_over_to_a_signalled_key_and_outlives_the_old_one()
    {
        await PaidAsync(20);
        var (key, version) = NewKey();

        using var answer = await SignalAsync(SandboxSignIn.RotatorApp, version, rehearsal: false);
        var before = World.Gateway.AttemptedPayments;
        await PaidAsync(before + 50);
        _clock.JumpTo(_clock.GetUtcNow().AddHours(25));
        await PaidAsync(World.Gateway.AttemptedPayments + 50);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["checkout-1"], (await answer.Content.ReadFromJsonAsync<ReloadAnswer>(Stop))!.Instances);
        Assert.Equal(0, (await World.Checkout.StatsAsync(Stop)).Failed);
        Assert.Equal(key, World.Gateway.Payments[^1].Key);
        Assert.Single(World.Gateway.LiveKeys(SandboxNames.PaymentsCredential));
    }

    [Fact]
    public async Task Answers_a_rehearsal_and_stays_where_it_is()
    {
        var version = (await World.Checkout.StatsAsync(Stop)).Version;

        using var answer = await SignalAsync(SandboxSignIn.RotatorApp, NewKey().Version, rehearsal: true);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(version, (await World.Checkout.StatsAsync(Stop)).Version);
    }

    [Fact]
    public async Task Hears_nobody_but_the_rotator()
    {
        using var forged = await SignalAsync("operator", NewKey().Version, rehearsal: false);

        Assert.Equal(HttpStatusCode.Unauthorized, forged.StatusCode);
    }

    [Fact]
    public async Task Keeps_its_address_when_it_is_started_again()
    {
        var hook = World.Checkout.Hook;

        await World.Checkout.StartAsync(Stop);

        Assert.Equal((hook, 2), (World.Checkout.Hook, World.Checkout.Starts));
    }

    [Fact]
    public async Task Says_nothing_of_any_key_on_its_output()
    {
        await PaidAsync(20);

        Assert.DoesNotContain(World.Checkout.Output, line => World.Gateway.Keys.Any(key => line.Contains(key.Value.RevealToRemote(), StringComparison.Ordinal)));
    }

    private (string Key, string Version) NewKey()
    {
        var management = World.Gateway.Keys.Single(key => key.CredentialId == SandboxNames.ManagementCredential);
        var issued = World.Gateway.Generate(management.Value.RevealToRemote(), World.Gateway.Options.Merchant, SandboxNames.PaymentsCredential).Value!;
        return (issued.Label, World.Put(SandboxNames.PaymentsVault, SandboxNames.PaymentSecret, issued.Value, _clock.GetUtcNow().AddDays(90)).Id);
    }

    private async Task<HttpResponseMessage> SignalAsync(string caller, string version, bool rehearsal)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, World.Checkout.Hook)
        {
            Content = JsonContent.Create(new ReloadSignal(Rotation, World.PaymentSecret.VaultUri.AbsoluteUri, World.PaymentSecret.Name, version, rehearsal)),
            Headers = { { "Authorization", $"Bearer {World.SignIn.TokenFor(caller, SandboxSignIn.CheckoutAudience)}" } },
        };
        return await _http.SendAsync(request, Stop);
    }

    private async Task PaidAsync(long count)
    {
        var started = Stopwatch.GetTimestamp();
        while (World.Gateway.AttemptedPayments < count && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60))
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        Assert.True(World.Gateway.AttemptedPayments >= count);
    }
}
