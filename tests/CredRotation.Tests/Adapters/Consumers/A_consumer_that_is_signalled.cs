using CredRotation.Adapters;
using CredRotation.Adapters.Consumers;
using CredRotation.Engine;
using CredRotation.Engine.Reload;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Adapters.Consumers;

public sealed class A_consumer_that_is_signalled
{
    private static readonly SecretName Secret = SecretName.Of(new Uri("https://payments.vault.azure.net/"), "gateway-key");
    private static readonly RotationId Rotation = RotationId.Of(CredentialId.Of(Secret), 1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_told_what_to_read_and_never_a_value()
    {
        var wire = new Wire(_ => Wire.Json(200, """{"instances":["checkout-1","checkout-2","checkout-1"]}"""));

        var answer = await SignalAsync(wire);

        Assert.Equal(["checkout-1", "checkout-2"], Assert.IsType<SignalAnswer.Answered>(answer).Instances);
        var sent = Assert.Single(wire.Requests);
        Assert.Equal($$"""{"rotation":"{{Rotation}}","vault":"https://payments.vault.azure.net/","secret":"gateway-key","version":"v2","rehearsal":true}""", sent.Body);
        Assert.Equal(("POST", "https://checkout.example/reload", "Bearer token-for-api://checkout/.default"), (sent.Method, sent.Uri.AbsoluteUri, sent.Authorization));
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "<html>hostile</html>")]
    [InlineData(200, "[]")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"instances":"hostile"}""")]
    [InlineData(200, """{"instances":[]}""")]
    [InlineData(200, """{"instances":[""]}""")]
    [InlineData(200, """{"instances":[1]}""")]
    [InlineData(200, """{"instances":["hostile\u0007"]}""")]
    [InlineData(200, """{"instances":["hostile\ud800"]}""")]
    [InlineData(200, """{"instances":["hostile\u202e"]}""")]
    [InlineData(202, """{"instances":["checkout-1"]}""")]
    [InlineData(302, "hostile")]
    [InlineData(401, "hostile")]
    [InlineData(500, "hostile")]
    public async Task Is_silent_whatever_else_it_says(int status, string body)
    {
        var answer = await SignalAsync(new Wire(_ => Wire.Json(status, body)));

        var detail = Assert.IsType<SignalAnswer.Silent>(answer).Detail;
        Assert.DoesNotContain("hostile", detail, StringComparison.Ordinal);
        Assert.InRange(detail.Length, 1, 200);
    }

    [Fact]
    public async Task Cannot_flood_us()
    {
        var many = string.Join(",", Enumerable.Range(0, 201).Select(n => $"\"i{n}\""));
        string[] bodies = [$$"""{"instances":[{{many}}]}""", $$"""{"instances":["{{new string('x', 101)}}"]}""", $$"""{"instances":["a"],"more":"{{new string('x', 70_000)}}"}"""];

        foreach (var body in bodies) Assert.IsType<SignalAnswer.Silent>(await SignalAsync(new Wire(_ => Wire.Json(200, body))));
    }

    [Fact]
    public async Task Is_silent_when_it_does_not_answer_or_cannot_be_reached()
    {
        Assert.Contains("in time", Assert.IsType<SignalAnswer.Silent>(await SignalAsync(Wire.Silent)).Detail, StringComparison.Ordinal);
        Assert.IsType<SignalAnswer.Silent>(await SignalAsync(new Wire(_ => throw new HttpRequestException("reset"))));
    }

    [Theory]
    [InlineData("http://checkout.example/reload")]
    [InlineData("ftp://checkout.example/reload")]
    public async Task Gets_no_token_in_the_clear(string hook)
    {
        var wire = new Wire(_ => Wire.Json(200, """{"instances":["a"]}"""));

        Assert.IsType<SignalAnswer.Silent>(await SignalAsync(wire, hook));
        Assert.Empty(wire.Requests);
    }

    [Fact]
    public async Task Cannot_send_our_token_on_by_a_redirect()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var consumer = builder.Build();
        var wasFollowed = false;
        consumer.MapPost("/reload", () => Results.Redirect("/elsewhere", permanent: false, preserveMethod: true));
        consumer.MapPost("/elsewhere", () =>
        {
            wasFollowed = true;
            return Results.Text("""{"instances":["evil"]}""", "application/json");
        });
        await consumer.StartAsync(Cancellation);

        var answer = await SignalAsync(null, $"{consumer.Urls.Single()}/reload");

        Assert.Contains("HTTP 307", Assert.IsType<SignalAnswer.Silent>(answer).Detail, StringComparison.Ordinal);
        Assert.False(wasFollowed);
    }

    private static async Task<SignalAnswer> SignalAsync(HttpMessageHandler? wire, string hook = "https://checkout.example/reload")
    {
        var configuration = new ConfigurationBuilder().Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<Azure.Core.TokenCredential, NamedCredential>();
        services.AddSingleton(Options.Create(new RotationOptions { EffectTimeout = wire == Wire.Silent ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromSeconds(30) }));
        services.AddAdapters(configuration);
        if (wire is not null) services.AddHttpClient(HttpConsumerSignal.ClientName).ConfigurePrimaryHttpMessageHandler(() => wire);
        await using var provider = services.BuildServiceProvider();

        return await provider.GetRequiredService<IConsumerSignal>().SignalAsync(
            "checkout",
            new ConsumerOptions { Hook = new Uri(hook), Audience = "api://checkout", Principal = "p" },
            new ReloadSignal(Rotation, Secret, "v2", Rehearsal: true),
            Cancellation);
    }
}
