using System.Globalization;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine;

/// <summary>
/// The one door to remotes: every call has a time-out inside the visit's claim, a rule that needs it, an entry in the rotation's calls,
/// and turns whatever is thrown into <see cref="RemoteTroubleException"/>.
/// </summary>
internal sealed class Remotes(TimeProvider clock, IOptions<RotationOptions> options)
{
    /// <summary>Newest calls kept on a rotation; older ones are in the ledger's data.</summary>
    private const int CallsMax = 400;

    private readonly RotationOptions _options = options.Value;

    /// <summary>A call that changes nothing there; cancelled by shutdown.</summary>
    public Task<T> ReadAsync<T>(Visit visit, string kind, string operation, string rule, Func<string, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
        => CallAsync(visit, kind, operation, rule, call, cancellationToken);

    /// <summary>A call that may change something there. Starts only if its time-out ends inside the claim; pass no shutdown token for what must be finished.</summary>
    public Task<T> EffectAsync<T>(Visit visit, string kind, string operation, string rule, Func<string, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        if (!HasRoomFor(visit, 1))
            throw new VisitOverException("Too little of the claim is left for another effect.", isStillOurs: true);
        return LandingAsync(visit, CallAsync(visit, kind, operation, rule, call, cancellationToken));
    }

    /// <summary>What must be finished once the effect before it happened: it may run to the very end of the claim (rule 2).</summary>
    public Task<T> FinishAsync<T>(Visit visit, string kind, string operation, string rule, Func<string, CancellationToken, Task<T>> call)
        => HasRoomFor(visit, 0) ? LandingAsync(visit, CallAsync(visit, kind, operation, rule, call, CancellationToken.None)) : throw new VisitOverException("The claim ran out.");

    /// <summary>Whether so many effects, each as slow as its time-out allows, still end inside the claim.</summary>
    public bool HasRoomFor(Visit visit, int effects) => clock.GetElapsedTime(visit.ClaimedAt) + (_options.EffectTimeout * effects) <= _options.ClaimTime;

    /// <summary>Rule 5: whose answer was lost may still land, so this visit's claim is handed back with that much time before the next.</summary>
    private static async Task<T> LandingAsync<T>(Visit visit, Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (RemoteTroubleException trouble)
        {
            NoteLanding(visit, trouble);
            throw;
        }
        catch (OperationCanceledException)
        {
            // Broken off by a host that stops: it may be on its way.
            visit.Landing = visit.Open?.Plan.Traits.LandingMax;
            throw;
        }
    }

    /// <summary>Where the trouble is a lost answer of a remote that we change.</summary>
    public static void NoteLanding(Visit visit, RemoteTroubleException trouble)
    {
        if (trouble is { Trouble: RemoteTrouble.Unknown, Remote: "vault" or "provider" }) visit.Landing = visit.Open?.Plan.Traits.LandingMax;
    }

    private async Task<T> CallAsync<T>(Visit visit, string kind, string operation, string rule, Func<string, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        var callId = Note(visit, kind, operation, rule);
        using var timeout = new CancellationTokenSource(_options.EffectTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await call(callId, linked.Token);
        }
        catch (RemoteTroubleException)
        {
            throw;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException inner)
        {
            throw new RemoteTroubleException(kind, RemoteTrouble.Unknown, $"{operation} did not answer within {_options.EffectTimeout.TotalSeconds:0.#} s.", null, inner);
        }
        catch (Exception inner) when (inner is not System.Diagnostics.UnreachableException)
        {
            // The text of a foreign exception may quote what a remote sent: its type is all that is passed on.
            throw new RemoteTroubleException(kind, RemoteTrouble.Unknown, $"{operation} broke off ({inner.GetType().Name}).", null, inner);
        }
    }

    private string Note(Visit visit, string kind, string operation, string rule)
    {
        if (visit.Open is not { } rotation) return $"rot-{visit.Row.Id.Value}";

        var calls = rotation.Calls.Append(new RemoteCall(clock.GetUtcNow(), kind, operation, rule)).TakeLast(CallsMax).ToList();
        visit.Open = rotation with { Calls = calls };
        return string.Create(CultureInfo.InvariantCulture, $"rot-{rotation.Id.Value}-{calls.Count}");
    }

    /// <summary>Remembers what a remote's clock said, for rule 18.</summary>
    public void Heard(Visit visit, DateTimeOffset? remoteDate)
    {
        if (remoteDate is { } date) visit.RemoteClockSkew = date - clock.GetUtcNow();
    }

    /// <summary>Rule 18: whether a remote's clock was heard in this visit and agrees within two minutes.</summary>
    public static bool ClockAgrees(Visit visit)
        => visit.RemoteClockSkew is { } skew && skew.Duration() <= ClockSkewMax;

    public static readonly TimeSpan ClockSkewMax = TimeSpan.FromMinutes(2);
}
