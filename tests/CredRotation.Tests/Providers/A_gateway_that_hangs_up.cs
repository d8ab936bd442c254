using System.Net;
using System.Net.Sockets;
using System.Text;
using CredRotation.Engine;
using CredRotation.Providers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Providers;

/// <summary>The registered connection itself, against a socket: no fake handler could show what it repeats by itself.</summary>
public sealed class A_gateway_that_hangs_up
{
    [Fact]
    public async Task Receives_each_issue_exactly_once_even_after_an_answered_one()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var requests = new List<string>();
        var serving = ServeAsync(listener, requests, stop.Token);
        await using var services = new ServiceCollection().AddLogging().AddProviders()
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions())).BuildServiceProvider();
        var adyen = services.GetRequiredService<IProviderCatalog>().Find("adyen-merchant-api-key")!;
        var target = ProviderWorld.At(parameters: ("baseUrl", $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v3"));

        var first = await adyen.IssueAsync(target, ProviderWorld.Ticket, stop.Token);
        var second = await adyen.IssueAsync(target, ProviderWorld.Ticket, stop.Token);

        await stop.CancelAsync();
        await serving;
        Assert.IsType<IssueOutcome.Issued>(first);
        Assert.IsType<IssueOutcome.Unknown>(second);
        Assert.Equal(2, requests.Count);
        Assert.All(requests, request => Assert.StartsWith("POST /v3/merchants/Acme-EU/apiCredentials/S2-6262224667/generateApiKey HTTP/1.1\r\n", request, StringComparison.Ordinal));
        Assert.All(requests, request => Assert.Contains("Content-Length: 0\r\n", request, StringComparison.Ordinal));
    }

    // Answers the very first request and keeps the connection open; takes every later one and hangs up.
    private static async Task ServeAsync(TcpListener listener, List<string> requests, CancellationToken cancellationToken)
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(TalkAsync(await listener.AcceptTcpClientAsync(cancellationToken), requests, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private static async Task TalkAsync(TcpClient client, List<string> requests, CancellationToken cancellationToken)
    {
        using var connection = client;
        var buffer = new byte[16 * 1024];
        try
        {
            while (await connection.GetStream().ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                int number;
                lock (requests)
                {
                    requests.Add(Encoding.ASCII.GetString(buffer, 0, read));
                    number = requests.Count;
                }

                if (number > 1) return;
                await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"apiKey\":\"k\"}"u8.ToArray(), cancellationToken);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            // The test is over, or the client closed first.
        }
    }
}
