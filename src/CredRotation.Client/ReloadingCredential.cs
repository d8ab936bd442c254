using System.Security.Cryptography;
using Azure.Core;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Extensions.Logging;

namespace CredRotation.Client;

/// <summary>
/// A credential that changes while the app runs. Each call takes a lease and so one version for its whole length; a signal makes
/// exactly the signalled version the one that new calls get; the version before stays as a way back until the new one has worked once.
/// Where no signal comes, it looks by itself which version is newest and runs that one. A version found so carries no rotation id, so there
/// is nothing to acknowledge yet: CredRotation signals again until it has its proof, and that signal is acknowledged without another read.
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
    private const double Jitter = 0.2;
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
    private ReloadSignal? _heard;
    private Task _polling = Task.CompletedTask;
    private long _lookedAt;

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
        if (options.PollInterval != TimeSpan.Zero && options.PollInterval < ReloadingCredentialOptions.PollIntervalMin) throw new ArgumentException($"PollInterval is at least {ReloadingCredentialOptions.PollIntervalMin}, or zero for none.", nameof(options));
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

    /// <summary>Reads the newest version and begins to look for newer ones. Call it once, before the first <see cref="Acquire"/>.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        KeyVaultSecret secret = await _vault.GetSecretAsync(_options.Secret, cancellationToken: cancellationToken);
        lock (_gate) _current = new HeldVersion(secret.Properties.Version, secret.Value, secret.Properties.CreatedOn);
        Started(secret.Properties.Version);
        Looked();
        if (_options.PollInterval > TimeSpan.Zero) _polling = PollAsync(_stopping.Token);
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
            // Kept in case the vault does not answer now: then the next look finds the version, and whom to tell.
            lock (_gate) _heard = signal;
            var read = Version == signal.Version ? null : await ReadAsync(signal.Version, cancellationToken);
            Take(signal, read);
            Looked();
        }

        return new ReloadAnswer([_options.Instance]);
    }

    /// <summary>Stops acknowledging. What was not accepted is asked for again by the next signal.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task[] open;
        lock (_gate) open = [.. _acknowledging, _polling];
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

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        for (var failures = 0; ;)
        {
            await Task.Delay(Jittered(_options.PollInterval), _time, cancellationToken);
            if (_time.GetElapsedTime(Interlocked.Read(ref _lookedAt)) < _options.PollInterval * (1 - Jitter)) continue;
            try
            {
                await LookAsync(cancellationToken);
                failures = 0;
            }
            catch (Exception trouble) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever the vault, the token source or the wire throws: the version in use stays, and the next look follows.
                if (failures++ == 0) NotLooked(trouble.GetType().Name);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        Looked();
        var newest = await NewestVersion.FindAsync(_vault, _options.Secret, cancellationToken);
        HeldVersion current;
        lock (_gate) current = Current;
        // Creation times have whole seconds: within one second nobody can say which is newer, and only a signal can.
        if (newest is null || newest.Version == current.Version || newest.CreatedOn <= current.CreatedOn) return;

        var read = await ReadAsync(newest.Version, cancellationToken);
        lock (_gate)
        {
            if (Current.Version == read.Version || read.CreatedOn <= Current.CreatedOn) return;
            Replace(read);
            Found(read.Version);
            if (_heard?.Version == read.Version) Current.Unanswered = _heard;
            Settle();
        }
    }

    // Instances that were started together must not ask together.
    private static TimeSpan Jittered(TimeSpan interval) => interval * (1 + (Jitter * RandomNumberGenerator.GetInt32(-1000, 1001) / 1000));

    private void Looked() => Interlocked.Exchange(ref _lookedAt, _time.GetTimestamp());

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

                Replace(read);
                Reloaded(read.Version, signal.Rotation);
            }

            Current.Unanswered = signal;
            Settle();
        }
    }

    private void Replace(HeldVersion read)
    {
        // The way back is the last version that is known to work.
        if (_wayBack is null || Current.FirstSuccessOn is not null) _wayBack = Current;
        _older.Add(Current);
        _current = read;
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

    [LoggerMessage(4, LogLevel.Information, "New calls use version {Version}, found without a signal.")]
    private partial void Found(string version);

    [LoggerMessage(5, LogLevel.Warning, "Could not look for a newer version ({Trouble}); the version in use stays, signals still count, the next look follows. Listing versions needs the role Key Vault Secrets User or the List permission.")]
    private partial void NotLooked(string trouble);
}
