using CredRotation.Adapters;
using CredRotation.Adapters.Teams;
using CredRotation.Engine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Adapters.Teams;

public sealed class A_notice_for_people
{
    private const string Signature = "s1gnature";
    private const string Default = $"https://flows.example/default?sig={Signature}";
    private const string Own = $"https://flows.example:443/own?sig={Signature}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("group-a", "/own")]
    [InlineData("GROUP-A", "/own")]
    [InlineData("group-b", "/default")]
    [InlineData(null, "/default")]
    public async Task Goes_to_its_owner_groups_channel_else_to_the_default(string? group, string path)
    {
        var wire = Accepting();

        await Notifier(wire).NotifyAsync(NoticeFor(group), Cancellation);

        var sent = Assert.Single(wire.Requests);
        Assert.Equal(("POST", path, $"?sig={Signature}"), (sent.Method, sent.Uri.AbsolutePath, sent.Uri.Query));
        Assert.Equal("card for Title at https://pages.example/", sent.Body);
    }

    [Fact]
    public async Task Without_any_channel_is_left_to_the_pages()
    {
        var wire = Accepting();

        await Notifier(wire, defaultWebhook: null).NotifyAsync(NoticeFor("group-b"), Cancellation);

        Assert.Empty(wire.Requests);
    }

    [Theory]
    [InlineData(400, RemoteTrouble.BadRequest)]
    [InlineData(401, RemoteTrouble.Denied)]
    [InlineData(404, RemoteTrouble.NotFound)]
    [InlineData(429, RemoteTrouble.Throttled)]
    [InlineData(302, RemoteTrouble.Unknown)]
    [InlineData(204, RemoteTrouble.Unknown)]
    [InlineData(500, RemoteTrouble.Unknown)]
    public async Task That_was_not_accepted_says_so_without_the_address(int status, RemoteTrouble trouble)
    {
        var wire = new Wire(_ => Wire.Json(status, Default, ("Retry-After", "5"), ("Location", "https://elsewhere.example/")));

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => Notifier(wire).NotifyAsync(NoticeFor(null), Cancellation));

        Assert.Equal((trouble, TimeSpan.FromSeconds(5)), (thrown.Trouble, thrown.RetryAfter));
        Assert.DoesNotContain(Signature, thrown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("flows.example", thrown.ToString(), StringComparison.Ordinal);
        Assert.Single(wire.Requests);
    }

    [Fact]
    public async Task That_meets_a_broken_network_says_so_without_the_address()
    {
        var dropped = await Assert.ThrowsAsync<RemoteTroubleException>(() => Notifier(new Wire(_ => throw new HttpRequestException($"reset ({Default})"))).NotifyAsync(NoticeFor(null), Cancellation));
        var silent = await Assert.ThrowsAsync<RemoteTroubleException>(() => Notifier(Wire.Silent, timeout: "00:00:01").NotifyAsync(NoticeFor(null), Cancellation));

        Assert.DoesNotContain("flows.example", dropped.ToString(), StringComparison.Ordinal);
        Assert.Contains("in time", silent.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://flows.example/x?sig=s1gnature")]
    [InlineData("flows.example/x?sig=s1gnature")]
    [InlineData("https://flows.example:99999/x?sig=s1gnature")]
    public async Task Never_travels_in_the_clear_and_the_start_up_message_keeps_the_address(string webhook)
    {
        var thrown = await Assert.ThrowsAsync<OptionsValidationException>(() => Notifier(Accepting(), webhook).NotifyAsync(NoticeFor(null), Cancellation));

        Assert.Contains("must be https", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Signature, thrown.ToString(), StringComparison.Ordinal);
    }

    private static Wire Accepting() => new(_ => Wire.Json(202, ""));

    private static Deferred Notifier(HttpMessageHandler wire, string? defaultWebhook = Default, string timeout = "00:00:30")
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Teams:DefaultWebhook"] = defaultWebhook,
            ["Teams:Webhooks:group-a"] = Own,
            ["Rotation:PagesBaseUri"] = "https://pages.example/",
            ["Rotation:EffectTimeout"] = timeout,
        }).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddOptions<RotationOptions>().Bind(configuration.GetSection(RotationOptions.Section));
        services.AddSingleton<INoticeRenderer, PlainRenderer>();
        services.AddSingleton(Moq.Mock.Of<IMailRenderer>());
        services.AddAdapters(configuration);
        services.AddHttpClient(TeamsWebhookNotifier.ClientName).ConfigurePrimaryHttpMessageHandler(() => wire);
        return new Deferred(services.BuildServiceProvider());
    }

    private static Notice NoticeFor(string? group) => new(NoticeKind.Hold, group, "Title", "happened", "works", "do", [], [], "/api/pages/rotation/x");

    /// <summary>Resolves on first use, where bad settings show.</summary>
    private sealed class Deferred(ServiceProvider services)
    {
        public async Task NotifyAsync(Notice notice, CancellationToken cancellationToken)
            => await services.GetRequiredService<INotifier>().NotifyAsync(notice, cancellationToken);
    }

    private sealed class PlainRenderer : INoticeRenderer
    {
        public string RenderTeamsMessage(Notice notice, Uri baseUri) => $"card for {notice.Title} at {baseUri}";
    }
}
