using CredRotation.Engine;
using CredRotation.Providers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Providers;

/// <summary>The registered handler itself, against a socket: no fake could show what it does by itself.</summary>
public sealed class A_real_connection : IAsyncDisposable
{
    private const string Issued = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"apiKey\":\"k\"}";

    private readonly ServiceProvider _services = new ServiceCollection()
        .AddLogging()
        .AddSingleton(Options.Create(new RotationOptions()))
        .AddProviders()
        .BuildServiceProvider();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task Carries_an_issue_exactly_once_although_the_gateway_hangs_up()
    {
        await using var gateway = new SocketGateway(Issued, null);

        var first = await IssueAsync(gateway);
        var second = await IssueAsync(gateway);

        Assert.IsType<IssueOutcome.Issued>(first);
        Assert.IsType<IssueOutcome.Unknown>(second);
        Assert.Equal(2, gateway.Requests.Count);
        Assert.All(gateway.Requests, request =>
        {
            Assert.StartsWith("POST /v3/merchants/Acme-EU/apiCredentials/S2-6262224667/generateApiKey HTTP/1.1\r\n", request, StringComparison.Ordinal);
            Assert.Equal(["Accept", "Content-Length", "Host", "X-API-Key"], HeaderNames(request));
        });
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Follows_no_redirect(int status)
    {
        await using var gateway = new SocketGateway($"HTTP/1.1 {status} Elsewhere\r\nLocation: /v3/elsewhere\r\nContent-Length: 0\r\n\r\n", Issued);

        Assert.IsType<IssueOutcome.Unknown>(await IssueAsync(gateway));

        Assert.Single(gateway.Requests);
    }

    [Fact]
    public async Task Keeps_no_cookie()
    {
        await using var gateway = new SocketGateway(Issued.Replace("\r\n\r\n", "\r\nSet-Cookie: a=b\r\n\r\n", StringComparison.Ordinal), Issued);

        await IssueAsync(gateway);
        await IssueAsync(gateway);

        Assert.DoesNotContain("Cookie", HeaderNames(gateway.Requests[1]));
    }

    private static IEnumerable<string> HeaderNames(string request)
        => request.Split("\r\n").Skip(1).TakeWhile(line => line.Length > 0).Select(line => line.Split(':')[0]).Order(StringComparer.Ordinal);

    private Task<IssueOutcome> IssueAsync(SocketGateway gateway)
        => _services.GetRequiredService<IProviderCatalog>().Find("adyen-merchant-api-key")!
            .IssueAsync(ProviderWorld.At(parameters: ("baseUrl", $"{gateway.Address}/v3")), ProviderWorld.Ticket, TestContext.Current.CancellationToken);
}
