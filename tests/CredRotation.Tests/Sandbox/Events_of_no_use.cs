using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Adapters.EventGrid;
using CredRotation.Functions;
using CredRotation.Sandbox.World;
using CredRotation.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>What strangers and mistaken subscriptions send to the host's door: accepted once, and shown to those who can do something about it.</summary>
public sealed class Events_of_no_use : IAsyncLifetime
{
    private const string Foreign = """{"specversion":"1.0","type":"Microsoft.KeyVault.SecretExpired","data":{"Id":"https://elsewhere.vault.azure.net/secrets/x/1","note":"<script>alert(1)</script>"}}""";
    private EventsWorld? _world;

    private EventsWorld World => _world!;

    public async ValueTask InitializeAsync()
    {
        _world = await EventsWorld.StartAsync(new SandboxOptions());
        await World.StartAppAsync();
        // The last one is of use, so that there is a credential whose owner may look.
        Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync($"[{Foreign},{Foreign},7,{World.Say(VaultEvent.NewVersion)}]"));
        Assert.NotNull(await World.RowAsync());
        Assert.Equal(HttpStatusCode.Accepted, await DeliverAsync($$"""{"type":"{{new string('x', KeyVaultEvents.TextMax)}}"}"""));
    }

    public ValueTask DisposeAsync() => World.DisposeAsync();

    [Theory]
    [InlineData("operator", true)]
    [InlineData("auditor", true)]
    [InlineData("owner-1", false)]
    public async Task Are_findings_for_those_who_see_everything(string person, bool isShown)
    {
        var findings = JsonNode.Parse(await World.GetAsync(person, "api/credentials"))!["findings"]!.AsArray().Select(found => found!.AsObject()).ToList();
        var page = await World.GetAsync(person, "api/pages/credentials");

        Assert.Equal(isShown ? ["event-foreign-vault 2", "event-too-large 1", "event-unreadable 1"] : [], findings.Select(found => $"{found["code"]} {found["times"]}").Order(StringComparer.Ordinal));
        Assert.All(findings, found => Assert.Equal((null, null, nameof(OnSecretNearExpiry)), (found["vault"], found["kind"], found["name"]!.GetValue<string>())));
        Assert.Equal(isShown, page.Contains("a way in of events", StringComparison.Ordinal));
        Assert.Equal(isShown, page.Contains("2 times, last", StringComparison.Ordinal));
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Are_told_with_the_next_sweep_and_not_with_the_one_after()
    {
        await World.SweepAsync();
        var told = World.Sandbox.Inbox.Messages.Count(message => message.Body.Contains("Events by OnSecretNearExpiry", StringComparison.Ordinal));
        await DeliverAsync(Foreign);
        await World.SweepAsync();

        Assert.Equal((1, 1), (told, World.Sandbox.Inbox.Messages.Count(message => message.Body.Contains("Events by OnSecretNearExpiry", StringComparison.Ordinal))));
        Assert.DoesNotContain(World.Sandbox.Inbox.Messages, message => message.Body.Contains("alert(1)", StringComparison.Ordinal));
    }

    private async Task<HttpStatusCode> DeliverAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        content.Headers.Add("aeg-event-type", "Notification");
        return await World.PostAsync("runtime/webhooks/eventgrid?functionName=OnSecretNearExpiry", content);
    }
}
