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
using Npgsql;

namespace CredRotation.Benchmarks.Contract;

/// <summary>A pair of login roles at a real PostgreSQL, managed by a role that is no superuser, with a way there that loses statements and answers.</summary>
internal sealed class PostgreSqlBench : IProviderBench
{
    // Bind, parse and simple queries; a password travels as 'p', and a start-up packet begins with its length.
    private const string StatementBytes = "PQ";

    private static int s_count;

    private readonly FakeTimeProvider _clock;
    private readonly ServiceProvider _services;
    private readonly TcpRelay _relay;

    private PostgreSqlBench(PostgreSql server, string pair, string manager, string managerPassword, string currentPassword)
    {
        Server = server;
        Pair = pair;
        _clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        _relay = new TcpRelay(server.Port, chunk => StatementBytes.Contains((char)chunk.Span[0], StringComparison.Ordinal));
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(_clock)
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions()))
            .AddLogging()
            .AddProviders()
            .BuildServiceProvider();
        Provider = _services.GetRequiredService<IProviderCatalog>().Find("postgresql-login")!;
        Target = new ProviderTarget("shop-db", pair, new Dictionary<string, string>
        {
            ["host"] = "127.0.0.1",
            ["port"] = _relay.Port.ToString(CultureInfo.InvariantCulture),
            ["database"] = PostgreSql.Database,
            ["managementUser"] = manager,
            ["sslMode"] = "Disable",
        }, new Dictionary<string, SecretText> { ["management"] = new(managerPassword) });
        Current = Login($"{pair}_a", currentPassword);
    }

    public PostgreSql Server { get; }

    /// <summary>The target: its roles are called so, and <c>_a</c> or <c>_b</c>.</summary>
    public string Pair { get; }

    public string Manager => Target.Parameters["managementUser"];

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    public static Task<PostgreSqlBench> StartAsync(CancellationToken cancellationToken) => StartAsync("app", cancellationToken);

    /// <param name="name">A part of every role's name, hostile if need be.</param>
    public static async Task<PostgreSqlBench> StartAsync(string name, CancellationToken cancellationToken)
    {
        var server = await PostgreSql.SharedAsync();
        var number = Interlocked.Increment(ref s_count);
        var (pair, manager, owner) = ($"{name}{number}", $"manager{number}", $"owner{number}");
        var (managerPassword, currentPassword) = (RandomNumberGenerator.GetHexString(32), RandomNumberGenerator.GetHexString(32));
        // The first password is set as people set one, so that the server makes its own verifier of it.
        await server.ExecuteAsync($"""
            create role {Quote(owner)} nologin;
            create role {Quote($"{pair}_a")} login password '{currentPassword}' in role {Quote(owner)};
            create role {Quote($"{pair}_b")} login in role {Quote(owner)};
            create role {Quote(manager)} login createrole password '{managerPassword}';
            grant {Quote($"{pair}_a")}, {Quote($"{pair}_b")} to {Quote(manager)} with admin option;
            """, cancellationToken);
        return new PostgreSqlBench(server, pair, manager, managerPassword, currentPassword);
    }

    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static SecretText Login(string username, string password) => new(JsonSerializer.Serialize(new { username, password }));

    public void Pass(TimeSpan time) => _clock.Advance(time);

    /// <summary>By what the server keeps of the password, as a server checks it.</summary>
    public bool Accepts(SecretText value)
    {
        using var login = JsonDocument.Parse(value.RevealToRemote());
        using var source = NpgsqlDataSource.Create(Server.Administrator);
        using var ask = source.CreateCommand("select rolpassword from pg_authid where rolname = $1 and rolcanlogin and coalesce(rolvaliduntil > now(), true)");
        ask.Parameters.Add(new NpgsqlParameter { Value = login.RootElement.GetProperty("username").GetString()! });
        if (ask.ExecuteScalar() is not string kept || kept.Split('$', ':') is not ["SCRAM-SHA-256", var rounds, var salt, var stored, _]) return false;

        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(login.RootElement.GetProperty("password").GetString()!), Convert.FromBase64String(salt), int.Parse(rounds, CultureInfo.InvariantCulture), HashAlgorithmName.SHA256, 32);
        return Convert.ToBase64String(SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8))) == stored;
    }

    public void LoseNext(LostPart part) => _relay.LoseNext(part);

    public bool ThrottleNext()
    {
        _relay.AroundNext(() => LimitAsync(0), () => LimitAsync(-1));
        return true;
    }

    public bool FillQuota() => false;

    public SecretText? AddStranger() => null;

    public bool DoErrands() => false;

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        await _services.DisposeAsync();
    }

    private Task LimitAsync(int connections)
        => Server.ExecuteAsync(string.Join(' ', new[] { $"{Pair}_a", $"{Pair}_b", Manager }.Select(role => string.Create(CultureInfo.InvariantCulture, $"alter role {Quote(role)} connection limit {connections};"))), CancellationToken.None);
}
