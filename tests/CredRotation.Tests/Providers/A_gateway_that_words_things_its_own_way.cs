using System.Net;
using System.Text;
using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Sandbox.Systems;

namespace CredRotation.Tests.Providers;

/// <summary>What no status alone tells: errors at 200 behind a byte order mark, a name and a password as one secret, an owner that is only in the address.</summary>
public sealed class A_gateway_that_words_things_its_own_way : IDisposable
{
    private const string Key = "canary-key-51be";
    private readonly ProviderWorld _world = new();

    public static TheoryData<string> Portals => [.. PortalServer.Kinds];

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("""{"gatewayId":"565697","messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}}""", typeof(ProbeOutcome.Works))]
    [InlineData("""{"gatewayId":"1","messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}}""", typeof(ProbeOutcome.WrongIdentity))]
    [InlineData("""{"messages":{"resultCode":"Error","message":[{"code":"E00007","text":"User authentication failed due to invalid authentication values."}]}}""", typeof(ProbeOutcome.Refused))]
    [InlineData("""{"messages":{"resultCode":"Error","message":[{"code":"E00011","text":"Access denied."}]}}""", typeof(ProbeOutcome.Forbidden))]
    [InlineData("""{"messages":{"resultCode":"Error","message":[{"code":"E00053","text":"The server is currently too busy."}]}}""", typeof(ProbeOutcome.Unknown))]
    [InlineData("""{"messages":{"resultCode":"Error","message":[]}}""", typeof(ProbeOutcome.Unknown))]
    public async Task Is_understood_by_its_body_behind_a_byte_order_mark(string body, Type outcome)
    {
        _world.Wire.Answer = _ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(body)]) });

        Assert.IsType(outcome, await VerifyAsync("authorizenet-transaction-key", "565697", "https://apitest.authorize.net", Key, ("apiLoginId", "5KP3u95bQpv")));
    }

    [Fact]
    public async Task Is_shown_a_name_and_its_password_as_Basic()
    {
        _world.Wire.Answers(200, """{"entity":"111155","accounts":[]}""");

        Assert.IsType<ProbeOutcome.Works>(await VerifyAsync("worldpay-access-credential", "111155", "https://try.access.worldpay.com", "name:canary-pässword"));

        // RFC 7617: UTF-8, as base64.
        Assert.Equal($"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("name:canary-pässword"))}", _world.Wire.Only.Headers["Authorization"]);
        Assert.DoesNotContain("canary", string.Concat(_world.Logs.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, """{"data":[]}""", typeof(ProbeOutcome.Works))]
    [InlineData(401, "", typeof(ProbeOutcome.Refused))]
    [InlineData(403, "", typeof(ProbeOutcome.Forbidden))]
    [InlineData(404, "", typeof(ProbeOutcome.Forbidden))]
    public async Task Tells_by_the_address_whose_key_it_is(int status, string body, Type outcome)
    {
        _world.Wire.Answers(status, body);

        Assert.IsType(outcome, await VerifyAsync("checkout-secret-key", "ent_w4jelhppmfiufdnatam37wrfc4", "https://abcd1234.api.checkout.com", Key));
    }

    [Theory]
    [MemberData(nameof(Portals))]
    public async Task Never_takes_somebody_elses_key_for_the_owners(string kind)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var bench = await PortalBench.StartAsync(kind, stop);

        var owner = Assert.IsType<ProbeOutcome.Works>(await bench.Provider.VerifyAsync(bench.Target, new Candidate(null, bench.Current), stop)).Identity;
        var stranger = await bench.Provider.VerifyAsync(bench.Target, new Candidate(null, bench.AddStranger()!), stop);

        Assert.NotNull(owner);
        Assert.True(stranger is ProbeOutcome.Refused or ProbeOutcome.WrongIdentity or ProbeOutcome.Forbidden, stranger.ToString());
    }

    private Task<ProbeOutcome> VerifyAsync(string kind, string target, string baseUrl, string value, params (string Name, string Value)[] parameters)
        => _world.Catalog.Find(kind)!.VerifyAsync(
            new ProviderTarget("acme", target, new Dictionary<string, string>(parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value)) { ["baseUrl"] = baseUrl }, new Dictionary<string, SecretText>()),
            new Candidate(null, new SecretText(value)),
            TestContext.Current.CancellationToken);
}
