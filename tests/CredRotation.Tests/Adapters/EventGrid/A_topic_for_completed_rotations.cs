using System.Text.Json.Nodes;
using Azure.Core.Pipeline;
using CredRotation.Adapters.EventGrid;
using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Tests.Adapters.EventGrid;

public sealed class A_topic_for_completed_rotations
{
    private static readonly Uri Address = new("https://rotations.westeurope-1.eventgrid.azure.net/api/events");
    private static readonly CredentialId Credential = CredentialId.Of(SecretName.Of(new Uri("https://payments.vault.azure.net/"), "gateway-key"));

    private static readonly RotationCompleted Completed = new(
        Credential, RotationId.Of(Credential, 1), RotationState.Retired, "payments.vault.azure.net", "gateway-key", "v2", "plan-hash",
        new ChainHead(17, "chain-hash"), new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Receives_one_cloud_event_signed_in_as_the_app()
    {
        var wire = new Wire(_ => Wire.Json(200, ""));

        await PublishAsync(wire);

        var sent = Assert.Single(wire.Requests);
        Assert.Equal("/api/events?api-version=2018-01-01", sent.PathAndQuery);
        Assert.Equal("Bearer token-for-https://eventgrid.azure.net/.default", sent.Authorization);
        var expected = JsonNode.Parse($$"""
            [{
              "id": "{{Completed.Rotation}}",
              "source": "/credrotation/credentials/{{Credential}}",
              "type": "CredRotation.RotationCompleted",
              "specversion": "1.0",
              "time": "2026-11-22T10:00:00Z",
              "datacontenttype": "application/json",
              "subject": "payments.vault.azure.net/gateway-key",
              "data": {
                "credential": "{{Credential}}",
                "rotation": "{{Completed.Rotation}}",
                "state": "Retired",
                "vault": "payments.vault.azure.net",
                "secret": "gateway-key",
                "version": "v2",
                "planHash": "plan-hash",
                "chain": { "sequence": 17, "hash": "chain-hash" }
              }
            }]
            """);
        var actual = JsonNode.Parse(sent.Body)!;
        Assert.Equal(Completed.EndedOn, (DateTimeOffset)actual[0]!["time"]!);
        actual[0]!["time"] = "2026-11-22T10:00:00Z";
        Assert.True(JsonNode.DeepEquals(expected, actual), sent.Body);
    }

    [Theory]
    [InlineData(400, RemoteTrouble.BadRequest)]
    [InlineData(401, RemoteTrouble.Denied)]
    [InlineData(403, RemoteTrouble.Denied)]
    [InlineData(404, RemoteTrouble.NotFound)]
    [InlineData(413, RemoteTrouble.BadRequest)]
    public async Task That_refuses_is_trouble_in_words_without_its_answer(int status, RemoteTrouble expected)
    {
        var wire = new Wire(_ => Wire.Json(status, """{"error":{"code":"x","message":"<canary>"}}"""));

        var trouble = await Assert.ThrowsAsync<RemoteTroubleException>(() => PublishAsync(wire));

        Assert.Equal(expected, trouble.Trouble);
        Assert.DoesNotContain("canary", trouble.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1/api/events")]
    [InlineData("topic")]
    public void Must_have_an_address_that_a_token_may_travel_to(string setting)
    {
        Assert.False(EventGridRotationEvents.TryTopic(setting, out _));
        Assert.Contains("EventGrid:TopicEndpoint", Assert.Single(new TopicCheck(setting).Faults()), StringComparison.Ordinal);
    }

    [Fact]
    public void Is_optional()
    {
        Assert.True(EventGridRotationEvents.TryTopic("", out var topic));
        Assert.Null(topic);
        Assert.Empty(new TopicCheck("").Faults());
    }

    private static async Task PublishAsync(Wire wire)
    {
        using var http = new HttpClient(wire, disposeHandler: false);
        await new EventGridRotationEvents(Address, new NamedCredential(), options => options.Transport = new HttpClientTransport(http)).PublishAsync(Completed, TestContext.Current.CancellationToken);
    }
}
