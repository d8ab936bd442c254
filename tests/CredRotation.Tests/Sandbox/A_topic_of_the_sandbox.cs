using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Azure.Core.Pipeline;
using CredRotation.Adapters.EventGrid;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>A topic server with the real SDK in front of it.</summary>
public sealed class A_topic_of_the_sandbox : IAsyncLifetime
{
    private const string Batch = "application/cloudevents-batch+json";
    private const string Event = """[{"id":"1","source":"/a","type":"b","specversion":"1.0"}]""";
    private static readonly CredentialId Credential = CredentialId.Of(SecretName.Of(new Uri("https://payments.vault.azure.net/"), "gateway-key"));

    private readonly X509Certificate2 _certificate = SandboxCertificate.Create();
    private readonly SandboxSignIn _signIn = new();
    private readonly SandboxClock _clock = new();
    private readonly FaultInjector _faults;
    private readonly HttpClient _http;
    private TopicServer? _topic;

    public A_topic_of_the_sandbox() => (_faults, _http) = (new FaultInjector(_clock), PinnedTransport.Client(SandboxCertificate.Thumbprint(_certificate)));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private TopicServer Topic => _topic!;

    public async ValueTask InitializeAsync()
        => _topic = await TopicServer.StartAsync(_clock, new FaultyWire(_clock, _faults), _certificate, _signIn.SenderOf, Stop);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Topic.DisposeAsync();
        _certificate.Dispose();
    }

    [Fact]
    public async Task Keeps_what_the_real_client_publishes()
    {
        await PublishAsync();

        var published = Assert.Single(Topic.Events);
        Assert.Equal((SandboxSignIn.RotatorApp, RotationId.Of(Credential, 1).Value, 17L, "chain-hash"), (published.Sender, published.Body["id"]!.GetValue<string>(), published.Body["data"]!["chain"]!["sequence"]!.GetValue<long>(), published.Body["data"]!["chain"]!["hash"]!.GetValue<string>()));
    }

    [Fact]
    public async Task That_is_down_is_trouble_and_nothing_is_kept()
    {
        _faults.Add("topic.publish", new Fault.DropBefore(), times: 100);

        var trouble = await Assert.ThrowsAsync<RemoteTroubleException>(PublishAsync);

        Assert.Contains("could not be reached", trouble.Message, StringComparison.Ordinal);
        Assert.Empty(Topic.Events);
    }

    [Theory]
    [InlineData(SandboxSignIn.RotatorApp, SandboxSignIn.TopicAudience, Batch, Event, HttpStatusCode.OK)]
    [InlineData(SandboxSignIn.RotatorApp, SandboxSignIn.VaultAudience, Batch, Event, HttpStatusCode.Unauthorized)]
    [InlineData(SandboxSignIn.CheckoutApp, SandboxSignIn.TopicAudience, Batch, Event, HttpStatusCode.Unauthorized)]
    [InlineData(null, null, Batch, Event, HttpStatusCode.Unauthorized)]
    [InlineData(SandboxSignIn.RotatorApp, SandboxSignIn.TopicAudience, "application/json", Event, HttpStatusCode.BadRequest)]
    [InlineData(SandboxSignIn.RotatorApp, SandboxSignIn.TopicAudience, Batch, """[{"id":"1","eventType":"b"}]""", HttpStatusCode.BadRequest)]
    [InlineData(SandboxSignIn.RotatorApp, SandboxSignIn.TopicAudience, Batch, "{", HttpStatusCode.BadRequest)]
    public async Task Takes_only_batches_of_its_schema_from_whoever_may_send(string? caller, string? audience, string contentType, string body, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{Topic.Endpoint}?api-version=2018-01-01")) { Content = new StringContent(body, Encoding.UTF8, contentType) };
        if (caller is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _signIn.TokenFor(caller, audience!));

        using var answer = await _http.SendAsync(request, Stop);

        Assert.Equal((status, status is HttpStatusCode.OK ? 1 : 0), (answer.StatusCode, Topic.Events.Count));
    }

    private Task PublishAsync()
    {
        var credential = new SandboxTokenCredential(_signIn.TokenFor(SandboxSignIn.RotatorApp, SandboxSignIn.TopicAudience));
        var completed = new RotationCompleted(Credential, RotationId.Of(Credential, 1), RotationState.Retired, "payments.vault.azure.net", "gateway-key", "v2", "plan", new ChainHead(17, "chain-hash"), _clock.GetUtcNow());
        return new EventGridRotationEvents(Topic.Endpoint, credential, options => options.Transport = new HttpClientTransport(_http)).PublishAsync(completed, Stop);
    }
}
