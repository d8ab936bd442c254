using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Sandbox.World;

namespace CredRotation.Tests.Runbooks;

public sealed class A_watchdog : IAsyncLifetime
{
    private const string Name = "Watch-CredRotation";

    // What of it ran in time is well; the wake-up that no timer runs here is late after a second.
    private readonly RunbookWorld _world = new() { Settings = new Dictionary<string, string> { ["Health__WakeLateAfter"] = "00:00:01" } };

    private (string, object)[] Alerting => [("WebhookSecretId", _world.WebhookSecretId), ("VaultAudience", "https://vault.azure.net"), ("Tries", 2), ("PauseSeconds", 7)];

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Prints_one_line_for_each_heartbeat_when_all_is_well_and_tells_nobody()
    {
        await using var well = new RunbookWorld();
        await well.InitializeAsync();
        await well.SweepAsync();
        var told = well.Sandbox.Inbox.Messages.Count;

        var job = await well.RunAsync(Name, isInAccount: false, ("WebhookSecretId", well.WebhookSecretId));

        Assert.Null(job.Failure);
        Assert.Equal(["sweep", "wake", "reminders", "Rotation:Vaults:0", "Rotation:Vaults:1", "anchor"], job.Output.Select(line => line.ToString()!.Split(": ")[0]));
        Assert.All(job.Output, line => Assert.Contains(": well, last success 0 minutes ago", line.ToString(), StringComparison.Ordinal));
        Assert.Equal(told, well.Sandbox.Inbox.Messages.Count);
    }

    [Fact]
    public async Task Alerts_by_itself_and_fails_when_a_heartbeat_is_late()
    {
        await UntilLateAsync();

        var job = await _world.RunAsync(Name, Alerting);

        Assert.Contains("[wake]\nWhat happened: The wake-up of waiting rotations has not finished in time.\nWhat still works: ", job.Failure, StringComparison.Ordinal);
        Assert.Contains("What to do next: Check that the function WakeSleepers runs", job.Failure, StringComparison.Ordinal);
        Assert.Contains("slept 7", job.Everything, StringComparison.Ordinal);
        Assert.Contains(job.Output, line => line.ToString()!.StartsWith("wake: LATE", StringComparison.Ordinal));
        Assert.Contains(job.Output, line => line.ToString() == "A card was posted to Teams.");
        var card = Card();
        Assert.Equal("AdaptiveCard", card.GetProperty("type").GetString());
        Assert.Contains("wake: The wake-up of waiting rotations has not finished in time.", card.GetProperty("body")[1].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(["What still works", "What to do"], card.GetProperty("body")[2].GetProperty("facts").EnumerateArray().Select(fact => fact.GetProperty("title").GetString()));
        Assert.Equal($"{_world.App.AbsoluteUri}api/health", card.GetProperty("actions")[0].GetProperty("url").GetString());
    }

    [Fact]
    public async Task Alerts_by_itself_and_fails_when_the_app_is_down()
    {
        await _world.StopAppAsync();

        var job = await _world.RunAsync(Name, Alerting);

        Assert.Contains($"[app]\nWhat happened: The app at {_world.App.Authority} did not answer", job.Failure, StringComparison.Ordinal);
        Assert.Contains("What still works: Apps keep the credentials they run.", job.Failure, StringComparison.Ordinal);
        Assert.Contains("did not answer", Card().GetProperty("body")[1].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fails_without_a_card_when_it_has_no_webhook_and_posts_none_with_what_if()
    {
        await _world.StopAppAsync();

        var without = await _world.RunAsync(Name, ("Tries", 1), ("WebhookSecretId", ""));
        var whatIf = await _world.RunAsync(Name, [.. Alerting, ("WhatIf", true)]);

        Assert.All(new[] { without, whatIf }, job => Assert.Contains("did not answer", job.Failure, StringComparison.Ordinal));
        Assert.Equal(["No card was posted: no -WebhookSecretId was given.", "No card was posted: -WhatIf."], new[] { without, whatIf }.Select(job => job.Output[^1].ToString()));
        Assert.Empty(_world.Sandbox.Inbox.Messages);
    }

    [Fact]
    public async Task Still_fails_for_its_own_reason_when_the_card_cannot_be_posted()
    {
        await _world.StopAppAsync();
        _world.Sandbox.Put(SandboxNames.OtherVault, "broken-webhook", new SecretText("http://not-https.example/?sig=sandbox"), null);

        foreach (var secret in new[] { "no-such-secret", "broken-webhook" })
        {
            var job = await _world.RunAsync(Name, ("Tries", 1), ("VaultAudience", "https://vault.azure.net"), ("WebhookSecretId", $"{_world.Sandbox.VaultUri(SandboxNames.OtherVault).AbsoluteUri}secrets/{secret}"));
            Assert.StartsWith("No card was posted: the webhook could not be read", job.Output[^1].ToString(), StringComparison.Ordinal);
            Assert.Contains("did not answer", job.Failure, StringComparison.Ordinal);
        }

        _world.IdentityRefusal = 500;
        var refused = await _world.RunAsync(Name, Alerting);
        Assert.Contains("got no token", refused.Output[^1].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Makes_hostile_words_harmless_in_job_and_card()
    {
        var late = string.Join(',', Enumerable.Range(0, 200).Select(number => $$"""{"name":"beat-{{number}}","isOk":false,"whatIsLate":"<at>all</at> [click](https://evil.example) \n\u202e{{new string('x', 5000)}}","whatStillWorks":"a","next":"b"}"""));
        await using var other = await A_watchdog_in_doubt.AnswerAsync(503, $$"""{"isOk":false,"heartbeats":[{{late}}]}""");

        var job = await _world.RunAsync(Name, [("BaseUri", other.Addresses[0]), .. Alerting]);

        Assert.True(job.Failure!.Length < 60_000);
        Assert.DoesNotContain('\u202e', job.Failure);
        var message = Assert.Single(_world.Sandbox.Inbox.Messages).Body;
        Assert.True(message.Length < 20_000);
        Assert.DoesNotContain("<at>", message, StringComparison.Ordinal);
        Assert.DoesNotContain("](", message, StringComparison.Ordinal);
        Assert.Contains("And 52 more", message, StringComparison.Ordinal);
    }

    private async Task UntilLateAsync()
    {
        for (var look = 0; look < 600; look++)
        {
            using var answer = await _world.Http.GetAsync(new Uri(_world.App, "api/health"), TestContext.Current.CancellationToken);
            if ((int)answer.StatusCode == 503) return;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private JsonElement Card()
    {
        using var message = JsonDocument.Parse(Assert.Single(_world.Sandbox.Inbox.Messages).Body);
        return message.RootElement.GetProperty("attachments")[0].GetProperty("content").Clone();
    }
}
