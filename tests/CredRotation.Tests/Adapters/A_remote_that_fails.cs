using CredRotation.Adapters;
using CredRotation.Adapters.Teams;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Reload;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Graph;
using Microsoft.Graph.Users.Item.SendMail;
using Moq;

namespace CredRotation.Tests.Adapters;

/// <summary>What the registered clients do by themselves: reads are repeated, nothing else is.</summary>
public sealed class A_remote_that_fails : IDisposable
{
    private const string Webhook = "https://flows.example/hook";

    private readonly Queue<int> _answers = new();
    private readonly Wire _wire;
    private readonly ServiceProvider _services;

    public A_remote_that_fails()
    {
        _wire = new Wire(_ => Wire.Json(_answers.TryDequeue(out var status) ? status : 200, """{"value":[],"id":"g","instances":["one"]}"""));
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Teams:DefaultWebhook"] = Webhook, ["Storage:AccountName"] = "sample" }).Build();
        var services = new ServiceCollection()
            .AddSingleton<Azure.Core.TokenCredential>(new NamedCredential())
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IConfiguration>(settings)
            .AddSingleton(Mock.Of<INoticeRenderer>(renderer => renderer.RenderTeamsMessage(It.IsAny<Notice>(), It.IsAny<Uri>()) == "{}"))
            .AddSingleton(Mock.Of<IMailRenderer>())
            .AddLogging()
            .AddOptions<RotationOptions>().Services
            .AddAdapters(settings);
        services.ConfigureAll<Microsoft.Extensions.Http.HttpClientFactoryOptions>(options => options.HttpMessageHandlerBuilderActions.Add(builder => builder.PrimaryHandler = _wire));
        _services = services.BuildServiceProvider();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(500)]
    public async Task Is_asked_for_a_group_again(int status)
    {
        _answers.Enqueue(status);

        var reading = await _services.GetRequiredService<IOwnerDirectory>().ReadAsync("g", Cancellation);

        Assert.Equal(OwnerState.TooFew, reading.State);
        Assert.Equal(3, _wire.Requests.Count);
    }

    [Fact]
    public async Task Is_asked_for_many_groups_again()
    {
        _answers.Enqueue(503);

        await _services.GetRequiredService<IOwnerDirectory>().ReadManyAsync(["g"], Cancellation);

        Assert.Equal(2, _wire.Requests.Count);
        Assert.All(_wire.Requests, request => Assert.EndsWith("/$batch", request.PathAndQuery, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task Is_given_a_mail_once(int status)
    {
        _answers.Enqueue(status);

        await Assert.ThrowsAnyAsync<Exception>(() => _services.GetRequiredService<GraphServiceClient>().Users["sender"].SendMail.PostAsync(new SendMailPostRequestBody(), cancellationToken: Cancellation));

        Assert.Single(_wire.Requests);
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    public async Task Is_signalled_once(int status)
    {
        _answers.Enqueue(status);

        var answer = await SignalAsync("shop");

        Assert.IsType<SignalAnswer.Silent>(answer);
        Assert.Single(_wire.Requests);
    }

    [Fact]
    public async Task Is_left_alone_after_many_failures_and_says_so()
    {
        for (var call = 0; call < 20; call++)
        {
            _answers.Enqueue(500);
            await SignalAsync("shop");
        }

        var left = Assert.IsType<SignalAnswer.Silent>(await SignalAsync("shop"));
        var other = await SignalAsync("till");

        Assert.Contains("left alone", left.Detail, StringComparison.Ordinal);
        Assert.IsType<SignalAnswer.Answered>(other);
        Assert.Equal(21, _wire.Requests.Count);
    }

    [Fact]
    public async Task Is_told_in_Teams_once()
    {
        _answers.Enqueue(503);
        var notice = new Notice(NoticeKind.Setup, null, "A title", "What happened.", "What works.", "What to do.", [], [], "/api/pages/setup");

        var trouble = await Assert.ThrowsAsync<RemoteTroubleException>(() => _services.GetRequiredService<TeamsWebhookNotifier>().TrySendAsync(notice, Cancellation));

        Assert.Equal(RemoteTrouble.Unknown, trouble.Trouble);
        Assert.Single(_wire.Requests);
    }

    private Task<SignalAnswer> SignalAsync(string consumer)
        => _services.GetRequiredService<IConsumerSignal>().SignalAsync(
            consumer,
            new ConsumerOptions { Hook = new Uri($"https://{consumer}.example/reload"), Audience = $"api://{consumer}" },
            new ReloadSignal(RotationId.TryParse("abcdefghijklmnopqrst", out var id) ? id : default, Pages.SampleRotations.Secret, "v1", Rehearsal: false),
            Cancellation);
}
