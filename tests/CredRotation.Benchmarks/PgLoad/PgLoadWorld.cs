using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using CredRotation.Benchmarks.Servers;
using CredRotation.Client;
using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CredRotation.Benchmarks.PgLoad;

/// <summary>A real PostgreSQL under load from an app with the real client, whose login the engine rotates; vault, people and clock are simulated.</summary>
internal sealed class PgLoadWorld : IAsyncDisposable
{
    private const string Pair = "shop", Manager = "rotator", Kind = "postgresql-login";

    // A machine under load is slow, and a queue of calls is no failure.
    private static readonly TimeSpan s_acknowledgedMax = TimeSpan.FromSeconds(20);

    private readonly PostgreSql _server;
    private readonly ServiceProvider _services;
    private readonly RotationWorld _world;
    private readonly LoadedApp _app;
    private readonly List<SecretText> _values = [];
    private readonly HashSet<string> _acknowledged = [];
    private readonly Lock _gate = new();
    private readonly int _clients;
    private TaskCompletionSource? _all;
    private SecretText _current;

    private PgLoadWorld(PostgreSql server, int clients, string managerPassword, string firstPassword)
    {
        (_server, _clients) = (server, clients);
        _services = new ServiceCollection().AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions())).AddLogging().AddProviders().BuildServiceProvider();
        _world = new RotationWorld(Settings(server.Port), provider: new TimelessProvider(_services.GetRequiredService<IProviderCatalog>().Find(Kind)!));
        _current = new SecretText(JsonSerializer.Serialize(new { username = $"{Pair}_a", password = firstPassword }));
        _values.Add(new SecretText(managerPassword));
        _world.ByHand(RotationWorld.PlatformHost, "gateway-management-key", new SecretText(managerPassword), null, new Dictionary<string, string>());
        // Versions of one second are in no order.
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        _world.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, _current, _world.Clock.GetUtcNow() + TimeSpan.FromDays(20), new Dictionary<string, string>(RotationWorld.Tags()) { ["rotate-target"] = Pair });
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        _app = new LoadedApp(clients, new Uri($"https://{RotationWorld.PaymentsHost}/"), RotationWorld.SecretNameText, new WorldVault(_world.Vaults), new WorldRotator(AcknowledgeAsync), _world.Clock,
            server.SettingsFor, "insert into sales default values returning id");
        _world.Consumers.Answers("checkout", [.. Enumerable.Range(1, clients).Select(number => $"checkout-{number}")]);
        _world.Consumers.Signalled = (_, signal, _) => SignalAsync(signal);
    }

    public LoadedApp App => _app;

    /// <summary>Acknowledgements of instances, one for each that runs what was issued.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Rotations in which old and new signed in while consumers moved.</summary>
    public int BothAccepted { get; private set; }

    /// <summary>Rotations at whose end the old login was refused and the new one accepted.</summary>
    public int OldRefused { get; private set; }

    public static async Task<PgLoadWorld> StartAsync(PostgreSql server, int clients, CancellationToken cancellationToken)
    {
        var (managerPassword, firstPassword) = (RandomNumberGenerator.GetHexString(32), RandomNumberGenerator.GetHexString(32));
        // What the administrator sets by hand is the administrator's to keep out of the log.
        await server.ExecuteAsync($"""
            set log_statement = none;
            create role shop_owner nologin;
            create role {Pair}_a login in role shop_owner password '{firstPassword}';
            create role {Pair}_b login in role shop_owner;
            create role {Manager} login createrole password '{managerPassword}';
            grant {Pair}_a, {Pair}_b to {Manager} with admin option;
            create table sales (id bigint generated always as identity);
            alter table sales owner to shop_owner;
            """, cancellationToken);
        var world = new PgLoadWorld(server, clients, managerPassword, firstPassword);
        await world._app.StartAsync(cancellationToken);
        return world;
    }

    /// <summary>One rotation from detect to retired. False: it did not come to its end within its time.</summary>
    public async Task<bool> RotateAsync(CancellationToken cancellationToken)
    {
        var old = _current;
        await _world.SweepAsync(cancellationToken);
        if (await _world.RotationAsync(cancellationToken) is { State: RotationState.Detected }) await _world.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
        for (var hours = 0; hours < 24 * 14; hours++)
        {
            if (await _world.RotationAsync(cancellationToken) is { State: RotationState.Retired })
            {
                if (await SignsInAsync(_current, cancellationToken) && !await SignsInAsync(old, cancellationToken)) OldRefused++;
                // The new one lives 90 days, of which 30 are left when the next rotation begins.
                await _world.PassAsync(TimeSpan.FromDays(61), cancellationToken);
                return true;
            }

            await _world.PassAsync(TimeSpan.FromHours(1), cancellationToken);
        }

        return false;
    }

    /// <summary>Where the last rotation stands, for people.</summary>
    public async Task<string> DescribeAsync(CancellationToken cancellationToken)
    {
        var rotation = await _world.RotationAsync(cancellationToken);
        return $"{rotation.State}{(rotation.Hold is { } hold ? $", held: {hold.Detail}" : "")}";
    }

    /// <summary>How many of the passwords that ever signed in, and of the management login, stand in the server's log.</summary>
    public async Task<int> CountInLogAsync(CancellationToken cancellationToken)
    {
        var log = await _server.ReadLogAsync(cancellationToken);
        return _values.Select(value => value.RevealToRemote().Split('"') is [.., var password, _] ? password : value.RevealToRemote()).Count(password => log.Contains(password, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _world.DisposeAsync();
        await _services.DisposeAsync();
    }

    /// <summary>Tells the app, and stays until every instance has proven the version or is too slow: the engine's clock stands still meanwhile.</summary>
    private async Task SignalAsync(Engine.Reload.ReloadSignal signal)
    {
        var (all, old) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), _current);
        lock (_gate)
        {
            _acknowledged.Clear();
            _all = all;
        }

        await _app.HearAsync(new ReloadSignal(signal.Rotation.Value, signal.Secret.VaultHost, signal.Secret.Name, signal.Version, signal.Rehearsal), CancellationToken.None);
        await all.Task.WaitAsync(s_acknowledgedMax).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _current = _world.CurrentValue()!;
        if (old.RevealToRemote() == _current.RevealToRemote()) return;

        _values.Add(_current);
        if (await SignsInAsync(old, CancellationToken.None) && await SignsInAsync(_current, CancellationToken.None)) BothAccepted++;
    }

    private async Task AcknowledgeAsync(Acknowledgement said)
    {
        if (!RotationId.TryParse(said.Rotation, out var rotation)) throw new InvalidOperationException("An acknowledgement names no rotation.");
        await _world.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, rotation, said.Version, said.Instance);
        lock (_gate)
        {
            Acknowledged++;
            if (_acknowledged.Add(said.Instance) && _acknowledged.Count == _clients) _all?.TrySetResult();
        }
    }

    private async Task<bool> SignsInAsync(SecretText value, CancellationToken cancellationToken)
    {
        using var login = JsonDocument.Parse(value.RevealToRemote());
        await using var source = NpgsqlDataSource.Create(_server.SettingsFor(login.RootElement.GetProperty("username").GetString()!, login.RootElement.GetProperty("password").GetString()!));
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            return true;
        }
        catch (PostgresException refused) when (refused.SqlState is "28P01")
        {
            return false;
        }
    }

    private static Dictionary<string, string?> Settings(int port) => new()
    {
        ["Rotation:Accounts:gateway-main:Provider"] = Kind,
        ["Rotation:Accounts:gateway-main:Targets"] = Pair,
        ["Rotation:Accounts:gateway-main:Parameters:merchantId"] = null,
        ["Rotation:Accounts:gateway-main:Parameters:host"] = "127.0.0.1",
        ["Rotation:Accounts:gateway-main:Parameters:port"] = port.ToString(CultureInfo.InvariantCulture),
        ["Rotation:Accounts:gateway-main:Parameters:database"] = PostgreSql.Database,
        ["Rotation:Accounts:gateway-main:Parameters:managementUser"] = Manager,
        ["Rotation:Accounts:gateway-main:Parameters:sslMode"] = "Disable",
    };
}
