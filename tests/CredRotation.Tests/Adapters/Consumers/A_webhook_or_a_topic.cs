using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Engine.Reload;

namespace CredRotation.Tests.Adapters.Consumers;

/// <summary>Those that only take a message.</summary>
public sealed class A_webhook_or_a_topic
{
    private static readonly ConsumerOptions s_webhook = new() { Kind = ConsumerKind.Webhook, Hook = new Uri("https://elsewhere.example/told") };
    private static readonly ConsumerOptions s_topic = new() { Kind = ConsumerKind.EventGrid, Topic = new Uri("https://reloads.westeurope-1.eventgrid.azure.net/api/events"), Principal = "p" };

    [Theory]
    [InlineData(200)]
    [InlineData(202)]
    [InlineData(204)]
    public async Task A_webhook_is_told_by_any_2xx_and_names_nobody(int status)
    {
        var wire = new Wire(_ => Wire.Json(status, """{"instances":["hostile"]}"""));

        Assert.IsType<SignalAnswer.Told>(await ChannelBench.SignalAsync(s_webhook, ChannelBench.Signal("v2"), wire));
        Assert.Null(Assert.Single(wire.Requests).Authorization);
    }

    [Fact]
    public async Task A_webhook_that_checks_a_token_gets_one()
    {
        var wire = new Wire(_ => Wire.Json(202, ""));

        await ChannelBench.SignalAsync(new ConsumerOptions { Kind = ConsumerKind.Webhook, Hook = s_webhook.Hook, Audience = "api://elsewhere" }, ChannelBench.Signal("v2"), wire);

        Assert.Equal("Bearer token-for-api://elsewhere/.default", wire.Requests[0].Authorization);
    }

    [Theory]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(500)]
    public async Task A_webhook_that_answers_anything_else_is_silent(int status)
        => ChannelBench.SilenceOf(await ChannelBench.SignalAsync(s_webhook, ChannelBench.Signal("v2"), new Wire(_ => Wire.Json(status, "hostile"))));

    [Fact]
    public async Task A_topic_takes_one_event_which_is_the_same_when_it_is_sent_again()
    {
        var wire = new Wire(_ => Wire.Json(200, ""));

        Assert.IsType<SignalAnswer.Told>(await ChannelBench.SignalAsync(s_topic, ChannelBench.Signal("v2"), wire));
        Assert.IsType<SignalAnswer.Told>(await ChannelBench.SignalAsync(s_topic, ChannelBench.Signal("v2"), wire));

        var events = wire.Requests.Select(sent => JsonDocument.Parse(sent.Body).RootElement[0]).ToList();
        Assert.Equal(("CredRotation.ReloadRequested", "payments.vault.azure.net/gateway-key"), (events[0].GetProperty("type").GetString(), events[0].GetProperty("subject").GetString()));
        Assert.Equal("""{"rotation":"ID","vault":"https://payments.vault.azure.net/","secret":"gateway-key","version":"v2","rehearsal":false}""".Replace("ID", ChannelBench.Signal("v2").Rotation.Value, StringComparison.Ordinal), events[0].GetProperty("data").GetRawText());
        Assert.Equal(events[0].GetProperty("id").GetString(), events[1].GetProperty("id").GetString());
        Assert.Equal("Bearer token-for-https://eventgrid.azure.net/.default", wire.Requests[0].Authorization);
    }

    [Fact]
    public async Task A_topic_hears_a_rehearsal_as_one()
    {
        var wire = new Wire(_ => Wire.Json(200, ""));

        await ChannelBench.SignalAsync(s_topic, ChannelBench.Signal("v1", rehearsal: true), wire);

        Assert.True(JsonDocument.Parse(wire.Requests[0].Body).RootElement[0].GetProperty("data").GetProperty("rehearsal").GetBoolean());
    }

    [Theory]
    [InlineData(400, "CloudEvents")]
    [InlineData(403, "EventGrid Data Sender")]
    [InlineData(404, "no such topic")]
    [InlineData(413, "HTTP 413")]
    public async Task A_topic_that_refuses_is_silent_with_a_remedy(int status, string says)
        => Assert.Contains(says, ChannelBench.SilenceOf(await ChannelBench.SignalAsync(s_topic, ChannelBench.Signal("v2"), new Wire(_ => Wire.Json(status, "hostile")))), StringComparison.Ordinal);
}
