using Azure.Core;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Extensions.Logging;

namespace CredRotation.Client;

/// <summary>
/// A credential that changes while the app runs. Each call takes a lease and so one version for its whole length; a signal makes
/// exactly the signalled version the one that new calls get; the version before stays as a way back until the new one has worked once.
/// </summary>
/// <example>
/// <code>
/// await credential.StartAsync(cancellationToken);
/// app.MapCredentialReload("/hooks/credential-reload", credential, IsFromRotatorAsync);
/// ...
/// using var lease = credential.Acquire();
/// var answer = await PayAsync(lease.RevealToRemote());
/// if (answer.IsSuccessStatusCode) lease.Succeeded();
/// </code>
/// </example>
public sealed partial class ReloadingCredential : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<HeldVersion> _older = [];
    private readonly HashSet<Task> _acknowledging = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ReloadingCredentialOptions _options;
    private readonly SecretClient _vault;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Acknowledger _acknowledger;
    private HeldVersion? _current;
    private HeldVersion? _wayBack;

    /// <param name="rotator">Reaches CredRotation; one client for the app's life, from the app's factory.</param>
    /// <param name="identity">The app's own principal; only its acknowledgements count.</param>
    public ReloadingCredential(
        ReloadingCredentialOptions options,
        SecretClient vault,
        HttpClient rotator,
        TokenCredential identity,
        TimeProvider time,
        ILogger<ReloadingCredential> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Instance is not { Length: >= 1 and <= 100 }) throw new ArgumentException("An instance's name has 1 to 100 characters.", nameof(options));
        (_options, _vault, _time, _logger) = (options, vault, time, logger);
        _acknowledger = new Acknowledger(options, rotator, identity, time, logger);
    }

    /// <summary>The version that new calls get.</summary>
    public string Version
    {
        get
        {
            lock (_gate) return Current.Version;
        }
    }

    private HeldVersion Current => _current ?? throw new InvalidOperationException("The credential was not read yet: await StartAsync before the first call.");

    /// <summary>Reads the newest version. Call it once, before the first <see cref="Acquire"/>.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        KeyVaultSecret secret = await _vault.GetSecretAsync(_options.Secret, cancellationToken: cancellationToken);
        lock (_gate) _current = new HeldVersion(secret.Properties.Version, secret.Value, secret.Properties.CreatedOn);
        Started(secret.Properties.Version);
    }

    /// <summary>The current version for one call.</summary>
    public CredentialLease Acquire()
    {
        lock (_gate) return Lease(Current);
    }

    /// <summary>
    /// Hears a signal that the app has already authenticated. A rehearsal changes nothing. Otherwise the signalled version is read and
    /// becomes current; reading is the vault's business and may throw. The same signal again only acknowledges again.
    /// </summary>
    /// <exception cref="ArgumentException">The signal is not for this credential.</exception>
    public async Task<ReloadAnswer> HandleSignalAsync(ReloadSignal signal, CancellationToken cancellationToken)
    {
        if (SignalRules.WhyNotOurs(signal, _vault.VaultUri, _options.Secret) is { } reason) throw new ArgumentException(reason, nameof(signal));
        if (!signal.Rehearsal)
        {
            var read = Version == signal.Version ? null : await ReadAsync(signal.Version, cancellationToken);
            Take(signal, read);
        }

        return new ReloadAnswer([_options.Instance]);
    }

    /// <summary>Stops acknowledging. What was not accepted is asked for again by the next signal.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task[] open;
        lock (_gate) open = [.. _acknowledging];
        await Task.WhenAll(open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    internal void Prove(HeldVersion held)
    {
        lock (_gate)
        {
            held.FirstSuccessOn ??= _time.GetUtcNow();
            if (held != _current) return;
            _wayBack = null;
            Settle();
        }
    }

    internal CredentialLease? AcquireOther(HeldVersion refused)
    {
        lock (_gate)
        {
            var other = refused == _current ? _wayBack : _current;
            return other is null ? null : Lease(other);
        }
    }

    internal void Return(HeldVersion held)
    {
        lock (_gate)
        {
            held.Leases--;
            Settle();
        }
    }

    private async Task<HeldVersion> ReadAsync(string version, CancellationToken cancellationToken)
    {
        KeyVaultSecret secret = await _vault.GetSecretAsync(_options.Secret, version, cancellationToken: cancellationToken);
        return new HeldVersion(secret.Properties.Version, secret.Value, secret.Properties.CreatedOn);
    }

    private void Take(ReloadSignal signal, HeldVersion? read)
    {
        lock (_gate)
        {
            if (Current.Version != signal.Version)
            {
                // A signal that was delayed must not bring back what a newer one has replaced.
                if (read is null || read.CreatedOn < Current.CreatedOn)
                {
                    Stale(signal.Version, Current.Version);
                    return;
                }

                // The way back is the last version that is known to work.
                if (_wayBack is null || Current.FirstSuccessOn is not null) _wayBack = Current;
                _older.Add(Current);
                _current = read;
                Reloaded(read.Version, signal.Rotation);
            }

            Current.Unanswered = signal;
            Settle();
        }
    }

    // Acknowledges what is due, under the lock: proven, asked for, and nobody here runs an older version any more.
    private void Settle()
    {
        _older.RemoveAll(older => older.Leases == 0 && older != _wayBack);
        if (Current is not { FirstSuccessOn: { } success, Unanswered: { } signal } || _older.Any(older => older.Leases > 0) || _stopping.IsCancellationRequested) return;
        Current.Unanswered = null;
        var acknowledgement = new Acknowledgement(signal.Rotation, signal.Vault, signal.Secret, signal.Version, _options.Instance, success);
        var stopping = _stopping.Token;
        var sending = Task.Run(() => _acknowledger.SendAsync(acknowledgement, stopping), CancellationToken.None);
        _acknowledging.RemoveWhere(task => task.IsCompleted);
        _acknowledging.Add(sending);
    }

    private CredentialLease Lease(HeldVersion held)
    {
        held.Leases++;
        return new CredentialLease(this, held);
    }

    [LoggerMessage(1, LogLevel.Information, "Runs version {Version}.")]
    private partial void Started(string version);

    [LoggerMessage(2, LogLevel.Information, "New calls use version {Version}, by the signal of rotation {Rotation}.")]
    private partial void Reloaded(string version, string rotation);

    [LoggerMessage(3, LogLevel.Information, "The signal for version {Version} came late: version {Current} is newer and stays.")]
    private partial void Stale(string version, string current);
}
