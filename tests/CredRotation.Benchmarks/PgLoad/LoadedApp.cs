using System.Text.Json;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Client;
using CredRotation.Sandbox.Systems;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace CredRotation.Benchmarks.PgLoad;

/// <summary>The app that must not notice: instances that query all the time with the login they were reloaded with, over connections of their own.</summary>
internal sealed class LoadedApp : IAsyncDisposable
{
    // So that signing in is proven all the time, and not only after a reload.
    private const int QueriesPerConnection = 50;

    private readonly List<ReloadingCredential> _credentials = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly Func<string, string, string> _settingsFor;
    private readonly HttpClient _vault, _rotator;
    private readonly string _statement;
    private Task _running = Task.CompletedTask;
    private long _queries, _failed, _connections;
    private string? _firstFailure;

    /// <param name="settingsFor">How a username and password sign in.</param>
    /// <param name="statement">What is asked all the time.</param>
    public LoadedApp(int instances, Uri vault, string secret, HttpMessageHandler vaults, HttpMessageHandler rotator, TimeProvider clock, Func<string, string, string> settingsFor, string statement)
    {
        (_settingsFor, _statement) = (settingsFor, statement);
#pragma warning disable RS0030 // Clients over handlers that never leave this process.
        (_vault, _rotator) = (new HttpClient(vaults), new HttpClient(rotator));
#pragma warning restore RS0030
        var options = new SecretClientOptions { Transport = new HttpClientTransport(_vault) };
        var secrets = new SecretClient(vault, new SandboxTokenCredential("vault"), options);
        for (var number = 1; number <= instances; number++)
        {
            _credentials.Add(new ReloadingCredential(
                new ReloadingCredentialOptions { Secret = secret, Rotator = new Uri("https://rotator.example/"), RotatorScope = "api://cred-rotation/.default", Instance = $"checkout-{number}", Timeout = TimeSpan.FromDays(1), PollInterval = TimeSpan.Zero, Heartbeat = false },
                secrets, _rotator, new SandboxTokenCredential("rotator"), clock, NullLogger<ReloadingCredential>.Instance));
        }
    }

    public long Queries => Interlocked.Read(ref _queries);

    public long Failed => Interlocked.Read(ref _failed);

    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>The first failure by its kind and code; a server's words could quote what was sent.</summary>
    public string? FirstFailure => Volatile.Read(ref _firstFailure);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_credentials.Select(credential => credential.StartAsync(cancellationToken)));
        _running = Task.WhenAll(_credentials.Select(credential => Task.Run(() => WorkAsync(credential), CancellationToken.None)));
    }

    public Task HearAsync(ReloadSignal signal, CancellationToken cancellationToken)
        => Task.WhenAll(_credentials.Select(credential => credential.HandleSignalAsync(signal, cancellationToken)));

    /// <summary>Lets every query come to its end and begins no other.</summary>
    public async Task StopAsync()
    {
        await _closing.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var credential in _credentials) await credential.DisposeAsync();
        _vault.Dispose();
        _rotator.Dispose();
        _closing.Dispose();
    }

    private async Task WorkAsync(ReloadingCredential credential)
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await QueryAsync(credential);
            }
            catch (Exception failed) when (failed is NpgsqlException or TimeoutException)
            {
                Interlocked.Increment(ref _failed);
                Interlocked.CompareExchange(ref _firstFailure, (failed as PostgresException)?.SqlState ?? failed.GetType().Name, null);
            }
        }
    }

    /// <summary>One connection, as long as its login is the current one; each query is a call with a lease of its own.</summary>
    private async Task QueryAsync(ReloadingCredential credential)
    {
        using var first = credential.Acquire();
        await using var source = NpgsqlDataSource.Create(SettingsOf(first.RevealToRemote()));
        Interlocked.Increment(ref _connections);
        await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(_statement, connection);
        for (var asked = 0; asked < QueriesPerConnection && !_closing.IsCancellationRequested; asked++)
        {
            using var lease = credential.Acquire();
            if (lease.Version != first.Version) return;
            await command.ExecuteScalarAsync(CancellationToken.None);
            Interlocked.Increment(ref _queries);
            lease.Succeeded();
        }
    }

    private string SettingsOf(string value)
    {
        using var login = JsonDocument.Parse(value);
        return _settingsFor(login.RootElement.GetProperty("username").GetString()!, login.RootElement.GetProperty("password").GetString()!);
    }
}
