using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CredRotation.Tests.Providers;

/// <summary>A gateway at the level of the socket: gives its answers in order, keeps connections open, and hangs up where the answer is null.</summary>
internal sealed class SocketGateway : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<string> _requests = [];
    private readonly string?[] _answers;
    private readonly Task _serving;

    public SocketGateway(params string?[] answers)
    {
        _answers = answers;
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests) return [.. _requests];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(TalkAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using var connection = client;
        var buffer = new byte[16 * 1024];
        try
        {
            while (await connection.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and var read)
            {
                if (Next(Encoding.ASCII.GetString(buffer, 0, read)) is not { } answer) return;
                await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), _stop.Token);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            // The test is over, or the client closed first.
        }
    }

    private string? Next(string request)
    {
        lock (_requests)
        {
            _requests.Add(request);
            return _requests.Count <= _answers.Length ? _answers[_requests.Count - 1] : null;
        }
    }
}
