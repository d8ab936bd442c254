using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace CredRotation.Providers.Databases.Redis;

/// <summary>
/// One connection for one call, over which exactly what is asked is sent, once: a library's pool, reconnects and questions at the start would
/// outlive a login or need rights that consumers' users do not have.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    // Far above what an ACL user's description needs.
    private const int LengthMax = 1024 * 1024, ItemsMax = 10_000, DepthMax = 8, LineMax = 64 * 1024;

    private static readonly TimeSpan s_connectMax = TimeSpan.FromSeconds(10);

    private readonly TcpClient _client;
    private readonly Stream _out;
    private readonly BufferedStream _in;

    private RedisConnection(TcpClient client, Stream stream) => (_client, _out, _in) = (client, stream, new BufferedStream(stream));

    public static async Task<RedisConnection> OpenAsync(RedisEndpoint endpoint, bool isEncrypted, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_connectMax);
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(endpoint.Host, endpoint.Port, limit.Token);
            if (!isEncrypted) return new RedisConnection(client, client.GetStream());

            var encrypted = new SslStream(client.GetStream());
            await encrypted.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = endpoint.Host }, limit.Token);
            return new RedisConnection(client, encrypted);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            client.Dispose();
            throw new IOException("The server did not answer in time.");
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task<RedisReply> AskAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        // Each word travels with its length, so none can become a command.
        var command = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{words.Count}\r\n");
        foreach (var word in words) command.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        await _out.WriteAsync(Encoding.UTF8.GetBytes(command.ToString()), cancellationToken);
        await _out.FlushAsync(cancellationToken);
        return await ReadAsync(0, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _in.DisposeAsync();
        _client.Dispose();
    }

    private async Task<RedisReply> ReadAsync(int depth, CancellationToken cancellationToken)
    {
        var line = await ReadLineAsync(cancellationToken);
        switch (line[0])
        {
            case '+' or ':':
                return new RedisReply.Text(line[1..]);
            case '-':
                var code = line[1..].Split(' ', 2)[0];
                return new RedisReply.Error(code.Length is > 0 and <= 32 && code.All(char.IsAsciiLetterOrDigit) ? code : "error", line.Contains("max number of clients", StringComparison.Ordinal));
            case '$':
                return Count(line, LengthMax) is >= 0 and var length ? new RedisReply.Text(await ReadTextAsync(length, cancellationToken)) : new RedisReply.Nothing();
            case '*' when depth < DepthMax:
                if (Count(line, ItemsMax) is not (>= 0 and var count)) return new RedisReply.Nothing();
                var items = new List<RedisReply>(count);
                while (items.Count < count) items.Add(await ReadAsync(depth + 1, cancellationToken));
                return new RedisReply.Many(items);
            default:
                throw new InvalidDataException("The server does not speak RESP2.");
        }
    }

    private static int Count(string line, int max)
        => int.TryParse(line.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) && count >= -1 && count <= max ? count : throw new InvalidDataException("The server answered more than can be meant.");

    private async Task<string> ReadTextAsync(int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length + 2];
        await _in.ReadExactlyAsync(bytes, cancellationToken);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (line.Count < LineMax)
        {
            await _in.ReadExactlyAsync(one, cancellationToken);
            if (one[0] is (byte)'\n' && line is [_, .., (byte)'\r']) return Encoding.UTF8.GetString([.. line[..^1]]);
            line.Add(one[0]);
        }

        throw new InvalidDataException("The server answered a line without end.");
    }
}
