using System.Net;
using System.Net.Sockets;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.Servers;

/// <summary>The way to a server of this machine, on which a statement or its answer is lost when that is wanted; nothing else is changed.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly int _server;
    private readonly Func<ReadOnlyMemory<byte>, bool> _isStatement;
    private readonly Task _accepting;
    private readonly Lock _gate = new();
    private LostPart? _lose;
    private (Func<Task> Before, Func<Task> After)? _around;
    private volatile TaskCompletionSource? _undone;

    /// <param name="isStatement">Whether what a client sends begins a statement, and not its signing in.</param>
    public TcpRelay(int server, Func<ReadOnlyMemory<byte>, bool> isStatement)
    {
        (_server, _isStatement) = (server, isStatement);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Cuts the connection before or after the next statement reaches the server.</summary>
    public void LoseNext(LostPart part)
    {
        lock (_gate) _lose = part;
    }

    /// <summary>Does something before the next connection is made and undoes it when that is over, before any other is made.</summary>
    public void AroundNext(Func<Task> before, Func<Task> after)
    {
        lock (_gate) _around = (before, after);
    }

    /// <summary>Over once what was done around a connection is undone; nobody else should ask the server before.</summary>
    public Task Undone => _undone?.Task ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _accepting;
        _stopping.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                if (Take(ref _around) is { } around)
                {
                    _undone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    await around.Before();
                    await RelayAsync(client);
                    await around.After();
                    _undone.SetResult();
                }
                else
                {
                    open.Add(RelayAsync(client));
                }
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _server, _stopping.Token);
                using var over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                var loss = new Loss();
                await Task.WhenAny(UpAsync(client.GetStream(), server.GetStream(), loss, over.Token), DownAsync(server.GetStream(), client.GetStream(), loss, over.Token));
                await over.CancelAsync();
            }
            catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
            {
                // Whoever is left sees the end of its connection, which is all there is to say.
            }
        }
    }

    private async Task UpAsync(NetworkStream from, NetworkStream to, Loss loss, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var length)
        {
            if (_isStatement(buffer.AsMemory(0, length)) && Take(ref _lose) is { } part)
            {
                if (part is LostPart.Request) return;
                loss.IsAnswer = true;
            }

            await to.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
        }
    }

    private static async Task DownAsync(NetworkStream from, NetworkStream to, Loss loss, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var length)
        {
            if (loss.IsAnswer) return;
            await to.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
        }
    }

    private T? Take<T>(ref T? wanted)
        where T : struct
    {
        lock (_gate)
        {
            var taken = wanted;
            wanted = null;
            return taken;
        }
    }

    /// <summary>Whether the answer that comes next is lost on this connection.</summary>
    private sealed class Loss
    {
        public volatile bool IsAnswer;
    }
}
