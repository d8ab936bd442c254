using System.Security.Cryptography.X509Certificates;
using CredRotation.Adapters.Graph;
using CredRotation.Adapters.Mail;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Pages;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Graph;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Authentication.Azure;
using Microsoft.Kiota.Http.HttpClientLibrary.Middleware;
using Microsoft.Kiota.Http.HttpClientLibrary.Middleware.Options;

namespace CredRotation.Tests.Sandbox;

/// <summary>What the app learns of owners, and how it writes to them, through Graph's own client over https.</summary>
public sealed class Owners_through_the_real_client : IAsyncLifetime
{
    private const string Group = "owners";
    private readonly X509Certificate2 _certificate = SandboxCertificate.Create();
    private readonly SandboxClock _clock = new();
    private readonly RotationOptions _rotation = new() { FallbackGroup = "fallback" };
    private readonly DirectoryModel _model;
    private readonly InboxModel _inbox;
    private readonly FaultInjector _faults;
    private DirectoryServer? _server;
    private GraphServiceClient? _graph;

    public Owners_through_the_real_client()
    {
        _model = new DirectoryModel(_clock);
        _inbox = new InboxModel(_clock);
        _faults = new FaultInjector(_clock);
        for (var number = 1; number <= 3; number++) _model.Put(new DirectoryUser($"u{number}", $"User {number}", number == 3 ? null : $"u{number}@shop.example"));
        _model.Put(new DirectoryUser("sender", "Sender", "credrotation@shop.example"));
        _model.Put(new DirectoryGroup(Group, "Owners", null, ["u1", "u2", "u3"]));
        _model.Put(new DirectoryGroup("fallback", "Platform", "platform@shop.example", ["u1", "u2"]));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private GraphOwnerDirectory Directory => new(_graph!, Options.Create(_rotation), _clock);

    public async ValueTask InitializeAsync()
    {
        _server = await DirectoryServer.StartAsync(_model, _inbox, new FaultyWire(_clock, _faults), _certificate, Stop);
        // As the app makes it: few retries, none of them long.
        var handlers = GraphClientFactory.CreateDefaultHandlers().Select(handler => handler is RetryHandler ? new RetryHandler(new RetryHandlerOption { MaxRetry = 2, Delay = 1, RetriesTimeLimit = TimeSpan.FromSeconds(10) }) : handler).ToList();
        var http = GraphClientFactory.Create(handlers, finalHandler: PinnedTransport.Handler(SandboxCertificate.Thumbprint(_certificate)));
        IAuthenticationProvider authentication = new AzureIdentityAuthenticationProvider(new SandboxTokenCredential("any"), ["127.0.0.1"], null, true, ["https://graph.microsoft.com/.default"]);
        _graph = new GraphServiceClient(http, authentication, _server.BaseUri.AbsoluteUri);
    }

    public async ValueTask DisposeAsync()
    {
        _graph?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        _certificate.Dispose();
    }

    [Fact]
    public async Task Are_healthy_with_their_age_and_whom_mail_does_not_reach()
    {
        _clock.JumpTo(_clock.GetUtcNow().AddDays(3));

        var reading = await Directory.ReadAsync(Group, Stop);

        Assert.Equal((OwnerState.Healthy, 3, "1 of 3 enabled people have no mail address, so mail does not reach them."), (reading.State, reading.People.Count, reading.Detail));
        Assert.Equal(["u1", "u2"], reading.Reachable.Select(person => person.ObjectId));
        Assert.InRange(reading.ReadOn, _clock.GetUtcNow().AddMinutes(-1), _clock.GetUtcNow());
    }

    [Fact]
    public async Task Of_a_large_group_are_read_over_all_its_pages()
    {
        var members = Enumerable.Range(0, 2100).Select(number => $"m{number:D4}").ToList();
        foreach (var member in members) _model.Put(new DirectoryUser(member, member, $"{member}@shop.example", IsEnabled: member is "m0000" or "m2099"));
        _model.Put(new DirectoryGroup("large", "Large", null, members));

        var reading = await Directory.ReadAsync("large", Stop);

        Assert.Equal((OwnerState.Healthy, "m0000 m2099"), (reading.State, string.Join(' ', reading.People.Select(person => person.ObjectId))));
        Assert.Equal(3, _faults.Operations.Count(operation => operation == "directory.members"));
    }

    [Theory]
    [InlineData(DirectoryGrant.Nothing, "refused (403)")]
    [InlineData(DirectoryGrant.MembersWithoutProperties, "User.Read.All")]
    public async Task That_we_may_not_see_are_a_state_of_their_own(DirectoryGrant grant, string detail)
    {
        _model.Grant = grant;

        var reading = await Directory.ReadAsync(Group, Stop);

        Assert.Equal(OwnerState.CannotSee, reading.State);
        Assert.Contains(detail, reading.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Are_asked_again_when_the_directory_says_when()
    {
        _faults.Add("directory.members", KnownFaults.DirectoryThrottled(TimeSpan.FromSeconds(1)));

        var reading = await Directory.ReadAsync(Group, Stop);

        Assert.Equal(OwnerState.Healthy, reading.State);
        Assert.Equal(["directory.group", "directory.members", "directory.members"], _faults.Operations);
    }

    [Fact]
    public async Task Are_unavailable_and_never_missing_while_the_directory_is_too_busy()
    {
        _faults.Add("directory.group", KnownFaults.DirectoryThrottled(TimeSpan.FromMinutes(5)), times: 9);

        var reading = await Directory.ReadAsync(Group, Stop);

        Assert.Equal(OwnerState.Unavailable, reading.State);
        Assert.Contains("429", reading.Detail, StringComparison.Ordinal);
        Assert.Single(_faults.Operations);
    }

    [Fact]
    public async Task Get_mail_one_by_one_where_their_group_has_no_mailbox()
    {
        Assert.True(await Mailer().TrySendAsync(Notice(Group), Stop));

        var mail = Assert.Single(_inbox.Mails);
        Assert.Equal(("credrotation@shop.example", "u1@shop.example u2@shop.example", "Title <b>"), (mail.From, string.Join(' ', mail.To), mail.Subject));
        Assert.Contains("Title &lt;b&gt;", mail.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_are_gone_are_stood_in_for_by_the_people_of_the_fallback_group_never_by_its_alias()
    {
        _model.DeleteGroup(Group);

        await Mailer().TrySendAsync(Notice(Group), Stop);

        Assert.Equal(["u1@shop.example", "u2@shop.example"], Assert.Single(_inbox.Mails).To);
    }

    [Fact]
    public async Task Are_written_to_by_name_where_a_notice_is_for_people()
    {
        var notice = Notice(null) with { Kind = NoticeKind.Reminder, People = [new OwnerPerson("m1", "Manager", "m1@shop.example"), new OwnerPerson("m2", "Other", null)] };

        await Mailer().TrySendAsync(notice, Stop);
        var nobody = await Assert.ThrowsAsync<RemoteTroubleException>(() => Mailer().TrySendAsync(notice with { OwnerGroup = Group, People = [] }, Stop));

        Assert.Equal(["m1@shop.example"], Assert.Single(_inbox.Mails).To);
        Assert.Equal(RemoteTrouble.NotFound, nobody.Trouble);
    }

    [Fact]
    public async Task Have_managers_each_once_who_are_enabled_members()
    {
        _model.Put(new DirectoryUser("boss", "Boss", "boss@shop.example"));
        _model.Put(new DirectoryUser("left", "Left", "left@shop.example", IsEnabled: false));
        _model.Put(new DirectoryUser("u1", "User 1", "u1@shop.example", Manager: "boss"));
        _model.Put(new DirectoryUser("u2", "User 2", "u2@shop.example", Manager: "boss"));
        _model.Put(new DirectoryUser("u3", "User 3", null, Manager: "left"));

        var reading = await Directory.ReadManagersAsync(["u1", "u2", "u3", "sender", "nobody"], Stop);

        Assert.Equal([new OwnerPerson("boss", "Boss", "boss@shop.example")], reading.People);
        Assert.Null(reading.Trouble);
    }

    [Fact]
    public async Task Have_managers_who_cannot_be_seen_without_the_permission_and_that_is_said()
    {
        _model.Put(new DirectoryUser("boss", "Boss", "boss@shop.example"));
        _model.Put(new DirectoryUser("u1", "User 1", "u1@shop.example", Manager: "boss"));
        _model.Grant = DirectoryGrant.MembersWithoutProperties;
        var hidden = await Directory.ReadManagersAsync(["u1"], Stop);
        _model.Grant = DirectoryGrant.Nothing;
        var refused = await Directory.ReadManagersAsync(["u1"], Stop);

        Assert.Empty(hidden.People.Concat(refused.People));
        Assert.All(new[] { hidden.Trouble, refused.Trouble }, trouble => Assert.Contains("User.Read.All", trouble, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Count_no_guest_and_no_disabled_account_and_say_why_unless_guests_are_allowed()
    {
        _model.Put(new DirectoryUser("u1", "User 1", "u1@shop.example", UserType: "Guest"));
        _model.Put(new DirectoryUser("u2", "User 2", "u2@shop.example", IsEnabled: false));

        var reading = await Directory.ReadAsync(Group, Stop);
        var many = Assert.Single(await Directory.ReadManyAsync([Group], Stop));
        var allowing = await new GraphOwnerDirectory(_graph!, Options.Create(new RotationOptions { GuestsMayOwn = true }), _clock).ReadAsync(Group, Stop);

        Assert.Equal((OwnerState.TooFew, "u3"), (reading.State, Assert.Single(reading.People).ObjectId));
        Assert.Equal([("u1", "is a guest of the tenant"), ("u2", "the account is disabled")], reading.NotCounted.Select(member => (member.ObjectId, member.Why)));
        Assert.Equal(reading.NotCounted, many.NotCounted);
        Assert.Equal(["u1", "u3"], allowing.People.Select(person => person.ObjectId));
    }

    [Fact]
    public async Task Cannot_be_written_to_without_the_permission_and_nobodys_address_is_told()
    {
        _faults.Add("mail.send", KnownFaults.MailForbidden);

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => Mailer().TrySendAsync(Notice(Group), Stop));

        Assert.Equal(RemoteTrouble.Denied, thrown.Trouble);
        Assert.Contains("Mail.Send", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("shop.example", thrown.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cannot_be_written_to_from_a_mailbox_that_does_not_exist()
    {
        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => Mailer("nobody@shop.example").TrySendAsync(Notice(Group), Stop));

        Assert.Equal(RemoteTrouble.NotFound, thrown.Trouble);
    }

    [Fact]
    public async Task Are_not_written_to_without_a_sender()
        => Assert.False(await Mailer("").TrySendAsync(Notice(Group), Stop));

    private GraphMailNotifier Mailer(string sender = "credrotation@shop.example")
    {
        var renderer = new ServiceCollection().AddLogging().AddPages().BuildServiceProvider().GetRequiredService<IMailRenderer>();
        return new GraphMailNotifier(_graph!, Directory, renderer, Options.Create(new MailOptions { Sender = sender }), Options.Create(_rotation));
    }

    private static Notice Notice(string? group) => new(NoticeKind.Hold, group, "Title <b>", "happened", "works", "do", [], [], "/api/pages/rotation/x");
}
