using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Sandbox.World;

namespace CredRotation.Benchmarks.Servers;

/// <summary>A real Redis of its own on a free port of this machine, with an ACL file and one administrator.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "redis-server";

    private readonly ServerProcess _process;
    private readonly string _password;

    private RedisServer(ServerProcess process, int port, string password) => (_process, Port, _password) = (process, port, password);

    public int Port { get; }

    /// <exception cref="ServerUnavailableException">Redis is not on this machine.</exception>
    public static async Task<RedisServer> StartAsync(bool hasAclFile, CancellationToken cancellationToken)
    {
        if (!Path.Exists($"/usr/bin/{Program}")) throw new ServerUnavailableException($"/usr/bin/{Program} is not on this machine. Install it: apt-get install redis-server.");
        var folder = Directory.CreateTempSubdirectory("cr-rd-").FullName;
        var (port, password, users) = (FreePort.Find(), RandomNumberGenerator.GetHexString(32), Path.Combine(folder, "users.acl"));
        var settings = Path.Combine(folder, "redis.conf");
        await File.WriteAllTextAsync(hasAclFile ? users : settings, $"user default off\nuser admin on >{password} ~* &* +@all\n", cancellationToken);
        List<string> command = [Program, .. hasAclFile ? Array.Empty<string>() : [settings], "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", folder];
        if (hasAclFile) command.AddRange(["--aclfile", users]);
        var process = await ServerProcess.StartAsync(folder, "TERM", command, async token =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, token);
        }, cancellationToken);
        return new RedisServer(process, port, password);
    }

    /// <summary>What the server answers to the administrator, in its own words.</summary>
    public string Ask(params string[] words)
    {
        using var client = new TcpClient();
        client.Connect(IPAddress.Loopback, Port);
        var stream = client.GetStream();
        stream.Write(Encoding.UTF8.GetBytes(string.Concat(Command("AUTH", "admin", _password), Command(words), Command("QUIT"))));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>An administrator who is there already when nobody else gets in.</summary>
    public async Task<Socket> SignInAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
        await SendAsync(socket, ["AUTH", "admin", _password], cancellationToken);
        return socket;
    }

    public static async Task SendAsync(Socket socket, string[] words, CancellationToken cancellationToken)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(Command(words)), cancellationToken);
        var answer = new byte[512];
        if (await socket.ReceiveAsync(answer, cancellationToken) == 0 || answer[0] != (byte)'+') throw new InvalidOperationException("Redis refused the administrator.");
    }

    public Task<string> ReadLogAsync(CancellationToken cancellationToken) => _process.ReadLogAsync(cancellationToken);

    /// <summary>What a restart would bring back.</summary>
    public Task<string> ReadUsersAsync(CancellationToken cancellationToken) => File.ReadAllTextAsync(Path.Combine(_process.Folder, "users.acl"), cancellationToken);

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Command(params string[] words) => $"*{words.Length}\r\n{string.Concat(words.Select(word => string.Create(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n")))}";
}
