using System.Text.Json;
using CredRotation.Adapters;
using CredRotation.Adapters.Teams;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Pages;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Graph;
using Microsoft.Kiota.Authentication.Azure;

namespace CredRotation.Tests.Adapters.Notices;

public sealed class A_notice_on_two_paths
{
    private const string Webhook = "https://flows.example/default?sig=s1gnature";
    private const string Sender = "credrotation@contoso.com";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Goes_to_Teams_alone_while_Teams_takes_it()
    {
        var world = new World();

        await world.NotifyAsync(NoticeKind.Hold);

        Assert.Single(world.Teams.Requests);
        Assert.Empty(world.Graph.Requests);
    }

    [Fact]
    public async Task Goes_by_mail_when_Teams_refuses_it()
    {
        var world = new World(teams: 500);

        await world.NotifyAsync(NoticeKind.Hold);

        var sent = Assert.Single(world.Graph.Requests);
        Assert.Equal(("POST", $"/v1.0/users/{Sender}/sendMail"), (sent.Method, sent.Uri.AbsolutePath.Replace("%40", "@", StringComparison.Ordinal)));
        using var body = JsonDocument.Parse(sent.Body);
        var message = body.RootElement.EnumerateObject().Single(member => member.NameEquals("Message") || member.NameEquals("message")).Value;
        Assert.Equal("Title", message.GetProperty("subject").GetString());
        Assert.Equal(["ana@contoso.com"], message.GetProperty("toRecipients").EnumerateArray().Select(receiver => receiver.GetProperty("emailAddress").GetProperty("address").GetString()));
        Assert.False(body.RootElement.EnumerateObject().Single(member => string.Equals(member.Name, "saveToSentItems", StringComparison.OrdinalIgnoreCase)).Value.GetBoolean());
    }

    [Fact]
    public async Task Goes_by_mail_where_no_channel_is_configured()
    {
        var world = new World(webhook: null);

        await world.NotifyAsync(NoticeKind.Done);

        Assert.Single(world.Graph.Requests);
    }

    [Fact]
    public async Task Goes_both_ways_when_it_is_an_incident()
    {
        var world = new World();

        await world.NotifyAsync(NoticeKind.Incident);

        Assert.Single(world.Teams.Requests);
        Assert.Single(world.Graph.Requests);
    }

    [Fact]
    public async Task Counts_as_told_while_one_of_two_paths_takes_an_incident()
    {
        await new World(mail: 500).NotifyAsync(NoticeKind.Incident);
        await new World(teams: 500).NotifyAsync(NoticeKind.Incident);
    }

    [Fact]
    public async Task That_nobody_takes_names_both_paths_and_no_address()
    {
        var world = new World(teams: 404, mail: 403);

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => world.NotifyAsync(NoticeKind.Hold));

        Assert.Contains("Teams: The Teams workflow answered HTTP 404", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("Mail: Microsoft Graph refused (403)", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("http", thrown.ToString().Replace("HTTP", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("contoso", thrown.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_meets_silence_on_both_paths_ends_within_one_effect()
    {
        var world = new World(isSilent: true);

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => world.NotifyAsync(NoticeKind.Hold));

        Assert.Equal(RemoteTrouble.Unknown, thrown.Trouble);
    }

    [Fact]
    public async Task That_reminds_goes_both_ways_and_one_for_people_by_name_goes_by_mail_alone()
    {
        var world = new World();
        await world.NotifyAsync(NoticeKind.Reminder);
        Assert.Equal((1, 1), (world.Teams.Requests.Count, world.Graph.Requests.Count));

        await world.NotifyAsync(new Notice(NoticeKind.Reminder, null, "Title", "happened", "works", "do", [], [], "/api/pages/tasks") { People = [new OwnerPerson("5", "Manager", "manager@contoso.com")] });

        Assert.Equal((1, 2), (world.Teams.Requests.Count, world.Graph.Requests.Count));
        Assert.Contains("manager@contoso.com", world.Graph.Requests[^1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task For_people_by_name_goes_to_the_default_channel_where_no_mail_can_be_sent()
    {
        var world = new World(sender: "");

        await world.NotifyAsync(new Notice(NoticeKind.Reminder, null, "Title", "happened", "works", "do", [], [], "/api/pages/tasks") { People = [new OwnerPerson("5", "Manager", "manager@contoso.com")] });

        Assert.Equal((1, 0), (world.Teams.Requests.Count, world.Graph.Requests.Count));
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("a@b@c")]
    [InlineData("a@b.example, c@d.example")]
    public async Task Is_sent_from_one_address_only(string sender)
    {
        var thrown = await Assert.ThrowsAsync<OptionsValidationException>(() => new World(teams: 500, sender: sender).NotifyAsync(NoticeKind.Hold));

        Assert.Contains("Mail:Sender", thrown.Message, StringComparison.Ordinal);
    }

    private sealed class World
    {
        private readonly ServiceProvider _services;

        public World(int teams = 202, int mail = 202, string? webhook = Webhook, string sender = Sender, bool isSilent = false)
        {
            Teams = isSilent ? Wire.Silent : new Wire(_ => Wire.Json(teams, ""));
            Graph = isSilent ? Wire.Silent : new Wire(_ => Wire.Json(mail, mail == 202 ? "" : """{"error":{"code":"x","message":"ana@contoso.com https://graph.example"}}"""));
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Teams:DefaultWebhook"] = webhook,
                ["Mail:Sender"] = sender,
                ["Rotation:PagesBaseUri"] = "https://pages.example/",
                ["Rotation:EffectTimeout"] = isSilent ? "00:00:01" : "00:00:30",
            }).Build();
            var services = new ServiceCollection();
            services.AddLogging().AddPages();
            services.AddOptions<RotationOptions>().Bind(configuration.GetSection(RotationOptions.Section));
            services.AddSingleton<IOwnerDirectory, TwoOwners>();
            services.AddSingleton(_ => new GraphServiceClient(
                GraphClientFactory.Create(GraphClientFactory.CreateDefaultHandlers().Where(handler => !handler.GetType().Name.Contains("Retry", StringComparison.Ordinal)).ToList(), finalHandler: Graph),
                new AzureIdentityAuthenticationProvider(new NamedCredential(), scopes: ["https://graph.microsoft.com/.default"])));
            services.AddAdapters(configuration);
            services.AddHttpClient(TeamsWebhookNotifier.ClientName).ConfigurePrimaryHttpMessageHandler(() => Teams);
            _services = services.BuildServiceProvider();
        }

        public Wire Teams { get; }

        public Wire Graph { get; }

        public Task NotifyAsync(NoticeKind kind) => NotifyAsync(new Notice(kind, "group", "Title", "happened", "works", "do", [], [], "/api/pages/rotation/x"));

        public Task NotifyAsync(Notice notice) => _services.GetRequiredService<INotifier>().NotifyAsync(notice, Cancellation);
    }

    private sealed class TwoOwners : IOwnerDirectory
    {
        public Task<OwnerReading> ReadAsync(string groupId, CancellationToken cancellationToken)
            => Task.FromResult(new OwnerReading(groupId, "Owners", OwnerState.Healthy, [new OwnerPerson("1", "Ana", "ana@contoso.com"), new OwnerPerson("2", "Ben", null)], DateTimeOffset.UnixEpoch));
    }
}
