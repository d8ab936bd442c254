using System.Security.Cryptography;
using Azure;
using Azure.Core;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

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
public sealed partial class ReloadingCredential : IRotatingCredential, IAsyncDisposable
{
    private const double Jitter = 0.2;
    private static readonly TimeSpan s_beatMin = TimeSpan.FromSeconds(5), s_beatMax = TimeSpan.FromMinutes(2), s_beatRetryMax = TimeSpan.FromMinutes(1), s_leaving = TimeSpan.FromSeconds(3);
    private readonly Lock _gate = new();
    private readonly List<HeldVersion> _older = [];
    private readonly HashSet<Task> _telling = [];
    private readonly HashSet<(string Version, string What)> _reported = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ReloadingCredentialOptions _options;
    private readonly SecretClient _vault;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RotatorCalls _rotator;
    private HeldVersion? _current;
    private HeldVersion? _wayBack;
    private ReloadSignal? _heard;
    private Task _polling = Task.CompletedTask;
    private Task _beating = Task.CompletedTask;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConfigurationReloadToken _reload = new();
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
        _rotator = new RotatorCalls(options, rotator, identity, time, logger);
    }

    /// <inheritdoc/>
    public string Version
    {
        get
        {
            lock (_gate) return Current.Version;
        }
    }

    /// <inheritdoc/>
    public string? PreviousVersion
    {
        get
        {
            lock (_gate) return _wayBack?.Version;
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
        // Before the first heartbeat, which would else be said twice.
        Reloaded();
        if (_options.PollInterval > TimeSpan.Zero) _polling = PollAsync(_stopping.Token);
        if (_options.Heartbeat) _beating = BeatAsync(_stopping.Token);
    }

    /// <inheritdoc/>
    public CredentialLease Acquire()
    {
        lock (_gate) return Lease(Current);
    }

    /// <inheritdoc/>
    public CredentialLease? AcquirePrevious()
    {
        lock (_gate) return _wayBack is { } previous ? Lease(previous) : null;
    }

    /// <inheritdoc/>
    public IChangeToken GetReloadToken() => Volatile.Read(ref _reload);

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
            if (Take(signal, read)) Reloaded();
            Looked();
        }

        return new ReloadAnswer([_options.Instance]);
    }

    /// <summary>Stops telling anybody, and says that this instance leaves. What was not accepted is asked for again by the next signal.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested) return;
        await _stopping.CancelAsync();
        Task[] open;
        lock (_gate) open = [.. _telling, _polling, _beating];
        await Task.WhenAll(open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <param name="refused">What the same call was refused with before.</param>
    internal void Prove(HeldVersion held, HeldVersion? refused)
    {
        lock (_gate)
        {
            held.FirstSuccessOn ??= _time.GetUtcNow();
            // The remote answers, and takes the other: it is this version that does not work.
            if (refused is not null && refused == _current) Report(refused.Version, "refused");
            if (held != _current) return;
            _wayBack = null;
            Settle();
        }
    }

    internal CredentialLease? Refuse(HeldVersion held, HeldVersion? refused)
    {
        lock (_gate)
        {
            var other = held == _current ? _wayBack : _current;
            if (refused is null && other is not null) return new CredentialLease(this, Count(other), held);
            var running = held == _current ? held : refused;
            if (running is not null && running == _current) Report(running.Version, "refused");
            return null;
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

        Reloaded();
    }

    /// <summary>Says again and again that this instance is there and what it runs, and hears by that what it is to run. Nothing that fails here disturbs the app.</summary>
    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        var (pause, state, hasBeaten) = (_options.RetryDelay, 200, false);
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan wait;
            var changed = Volatile.Read(ref _changed).Task;
            try
            {
                var (status, answer) = await _rotator.BeatAsync(Beat(null), cancellationToken);
                hasBeaten |= answer is not null;
                wait = answer is not null ? TimeSpan.FromSeconds(Math.Clamp(answer.RenewAfterSeconds, s_beatMin.TotalSeconds, s_beatMax.TotalSeconds))
                    // Never long: what is silent is taken for gone after minutes, and it may be there that something is mended.
                    : pause;
                if (answer is null && state != status) NotBeating(status);
                if (answer is not null && state != 200) BeatsAgain();
                state = answer is null ? status : 200;
                pause = answer is null ? Longer(pause) : _options.RetryDelay;
                if (answer?.Signal is { } signal && !await TryHandleAsync(signal, cancellationToken)) wait = wait < s_beatRetryMax ? wait : s_beatRetryMax;
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception trouble)
            {
                // Whatever the token source or the wire throws.
                if (state != 0) NotBeat(trouble.GetType().Name);
                (wait, pause, state) = (pause, Longer(pause), 0);
            }

            await Task.WhenAny(Task.Delay(Jittered(wait), _time, cancellationToken), changed);
        }

        if (!hasBeaten) return;
        try
        {
            await _rotator.BeatAsync(Beat("true"), CancellationToken.None).WaitAsync(s_leaving, _time, CancellationToken.None);
        }
        catch (Exception)
        {
            // Its lease ends by itself.
        }
    }

    private async Task<bool> TryHandleAsync(ReloadSignal signal, CancellationToken cancellationToken)
    {
        try
        {
            await HandleSignalAsync(signal, cancellationToken);
            return true;
        }
        catch (Exception trouble) when (!cancellationToken.IsCancellationRequested)
        {
            // It is said again with every heartbeat.
            NotTaken(trouble.GetType().Name);
            return false;
        }
    }

    private Heartbeat Beat(string? leaving) => new(_vault.VaultUri.AbsoluteUri, _options.Secret, Version, _options.Instance, leaving);

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < s_beatRetryMax ? pause * 2 : s_beatRetryMax;

    /// <summary>Outside the lock: whoever listens may ask for a lease.</summary>
    private void Reloaded()
    {
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        Interlocked.Exchange(ref _reload, new ConfigurationReloadToken()).OnReload();
    }

    // Instances that were started together must not ask together.
    private static TimeSpan Jittered(TimeSpan interval) => interval * (1 + (Jitter * RandomNumberGenerator.GetInt32(-1000, 1001) / 1000));

    private void Looked() => Interlocked.Exchange(ref _lookedAt, _time.GetTimestamp());

    private async Task<HeldVersion> ReadAsync(string version, CancellationToken cancellationToken)
    {
        KeyVaultSecret secret;
        try
        {
            secret = await _vault.GetSecretAsync(_options.Secret, version, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException refused) when (refused.Status is 401 or 403 or 404)
        {
            lock (_gate) Report(version, "unreadable");
            throw;
        }

        return new HeldVersion(secret.Properties.Version, secret.Value, secret.Properties.CreatedOn);
    }

    /// <summary>True when another version became current.</summary>
    private bool Take(ReloadSignal signal, HeldVersion? read)
    {
        lock (_gate)
        {
            var isOther = Current.Version != signal.Version;
            if (isOther)
            {
                // A signal that was delayed must not bring back what a newer one has replaced.
                if (read is null || read.CreatedOn < Current.CreatedOn)
                {
                    Stale(signal.Version, Current.Version);
                    return false;
                }

                Replace(read);
                Signalled(read.Version, signal.Rotation);
            }

            Current.Unanswered = signal;
            Settle();
            return isOther;
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
        Tell(stopping => _rotator.AcknowledgeAsync(acknowledgement, stopping));
    }

    // Once for each version and what, under the lock: said again, it would be no news.
    private void Report(string version, string what)
    {
        if (!_options.Heartbeat || _stopping.IsCancellationRequested || !_reported.Add((version, what))) return;
        Failing(version, what);
        var report = new FailureReport(_vault.VaultUri.AbsoluteUri, _options.Secret, version, _options.Instance, what);
        Tell(stopping => _rotator.ReportAsync(report, stopping));
    }

    private void Tell(Func<CancellationToken, Task> tell)
    {
        var stopping = _stopping.Token;
        var sending = Task.Run(() => tell(stopping), CancellationToken.None);
        _telling.RemoveWhere(task => task.IsCompleted);
        _telling.Add(sending);
    }

    private static HeldVersion Count(HeldVersion held)
    {
        held.Leases++;
        return held;
    }

    private CredentialLease Lease(HeldVersion held) => new(this, Count(held));

    [LoggerMessage(1, LogLevel.Information, "Runs version {Version}.")]
    private partial void Started(string version);

    [LoggerMessage(2, LogLevel.Information, "New calls use version {Version}, by the signal of rotation {Rotation}.")]
    private partial void Signalled(string version, string rotation);

    [LoggerMessage(3, LogLevel.Information, "The signal for version {Version} came late: version {Current} is newer and stays.")]
    private partial void Stale(string version, string current);

    [LoggerMessage(4, LogLevel.Information, "New calls use version {Version}, found without a signal.")]
    private partial void Found(string version);

    [LoggerMessage(5, LogLevel.Warning, "Could not look for a newer version ({Trouble}); the version in use stays, signals still count, the next look follows. Listing versions needs the role Key Vault Secrets User or the List permission.")]
    private partial void NotLooked(string trouble);

    [LoggerMessage(6, LogLevel.Warning, "CredRotation answers this instance's heartbeats with {Status}. The app goes on as it is and looks for new versions itself. Check that this app's identity is the Principal of a consumer of the secret.")]
    private partial void NotBeating(int status);

    [LoggerMessage(7, LogLevel.Warning, "This instance's heartbeats do not reach CredRotation ({Trouble}). The app goes on as it is and looks for new versions itself.")]
    private partial void NotBeat(string trouble);

    [LoggerMessage(8, LogLevel.Information, "CredRotation hears this instance's heartbeats again.")]
    private partial void BeatsAgain();

    [LoggerMessage(9, LogLevel.Error, "Version {Version} is {What}; CredRotation is told.")]
    private partial void Failing(string version, string what);

    [LoggerMessage(10, LogLevel.Warning, "What CredRotation says that is to be run could not be taken ({Trouble}); the version in use stays, and the next heartbeat asks again.")]
    private partial void NotTaken(string trouble);
}
