using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredRotation.Benchmarks.Servers;
using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MySqlConnector;

namespace CredRotation.Benchmarks.Contract;

/// <summary>A pair of users at a real MariaDB, managed by one that is not root, with a way there that loses statements and answers.</summary>
internal sealed class MariaDbBench : IProviderBench
{
    private static int s_count;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ServiceProvider _services;
    private readonly TcpRelay _relay;

    private MariaDbBench(MariaDb server, string pair, string manager, string managerPassword, string currentPassword, ICredentialProvider? provider)
    {
        (Server, Pair) = (server, pair);
        // What the library asks by itself when it signs in is not ours to lose.
        _relay = new TcpRelay(server.Port, chunk => Encoding.ASCII.GetString(chunk.Span) is var words && (words.Contains("alter user", StringComparison.Ordinal) || words.Contains("current_user()", StringComparison.Ordinal)));
        _services = new ServiceCollection().AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions())).AddLogging().AddProviders().BuildServiceProvider();
        Provider = provider ?? _services.GetRequiredService<IProviderCatalog>().Find("mariadb-login")!;
        Target = new ProviderTarget("shop-db", pair, new Dictionary<string, string>
        {
            ["host"] = "127.0.0.1",
            ["port"] = _relay.Port.ToString(CultureInfo.InvariantCulture),
            ["database"] = MariaDb.Database,
            ["managementUser"] = manager,
            ["sslMode"] = "Disable",
        }, new Dictionary<string, SecretText> { ["management"] = new(managerPassword) });
        Current = PostgreSqlBench.Login($"{pair}_a", currentPassword);
    }

    public MariaDb Server { get; }

    /// <summary>The target: its users are called so, and <c>_a</c> or <c>_b</c>.</summary>
    public string Pair { get; }

    public string Manager => Target.Parameters["managementUser"];

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    public static Task<MariaDbBench> StartAsync(CancellationToken cancellationToken) => StartAsync("app", cancellationToken);

    /// <summary>Another provider before the same server.</summary>
    public static Task<MariaDbBench> StartAsync(ICredentialProvider provider, CancellationToken cancellationToken) => StartAsync("app", cancellationToken, provider);

    /// <param name="name">A part of every user's name, hostile if need be.</param>
    public static async Task<MariaDbBench> StartAsync(string name, CancellationToken cancellationToken, ICredentialProvider? provider = null)
    {
        var server = await MariaDb.SharedAsync();
        var number = Interlocked.Increment(ref s_count);
        var (pair, manager) = ($"{name}{number}", $"manager{number}");
        var (managerPassword, currentPassword) = (RandomNumberGenerator.GetHexString(32), RandomNumberGenerator.GetHexString(32));
        await server.ExecuteAsync($"""
            create user {Quote($"{pair}_a")} identified by '{currentPassword}';
            create user {Quote($"{pair}_b")} identified via mysql_native_password using 'invalid';
            create user {Quote(manager)} identified by '{managerPassword}';
            grant select, insert on {MariaDb.Database}.* to {Quote($"{pair}_a")};
            grant select, insert on {MariaDb.Database}.* to {Quote($"{pair}_b")};
            grant create user on *.* to {Quote(manager)};
            grant select on mysql.* to {Quote(manager)};
            grant usage on {MariaDb.Database}.* to {Quote(manager)};
            grant select on {MariaDb.Database}.* to {Quote(manager)};
            """, cancellationToken);
        return new MariaDbBench(server, pair, manager, managerPassword, currentPassword, provider);
    }

    public static string Quote(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`@`%`";

    public void Pass(TimeSpan time) => _clock.Advance(time);

    /// <summary>By what the server keeps of the password, and whether it lets the user in at all.</summary>
    public bool Accepts(SecretText value)
    {
        using var login = JsonDocument.Parse(value.RevealToRemote());
        using var connection = new MySqlConnection(Server.Administrator);
        connection.Open();
        using var ask = new MySqlCommand("select user.authentication_string from mysql.user join mysql.global_priv on global_priv.user = user.user and global_priv.host = user.host where user.user = @user and user.host = '%' and coalesce(json_value(global_priv.priv, '$.account_locked'), '0') not in ('1', 'true')", connection);
        ask.Parameters.AddWithValue("@user", login.RootElement.GetProperty("username").GetString());
        return ask.ExecuteScalar() is string kept && kept == Hash(login.RootElement.GetProperty("password").GetString()!);
    }

    public void LoseNext(LostPart part) => _relay.LoseNext(part);

    // Its limits count whole hours or all users of the one server that every bench shares.
    public bool ThrottleNext() => false;

    public bool FillQuota() => false;

    public SecretText? AddStranger() => null;

    public bool DoErrands() => false;

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        await _services.DisposeAsync();
    }

#pragma warning disable CA5350 // As the server hashes.
    private static string Hash(string password) => $"*{Convert.ToHexString(SHA1.HashData(SHA1.HashData(Encoding.UTF8.GetBytes(password))))}";
#pragma warning restore CA5350
}
