using System.Text.Json.Nodes;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Bindings;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Releases;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine;

/// <summary>
/// Takes a credential's open rotation as far as it can go now. One loop: claim the row, fold the inbox, take step after step and save after
/// each, until it must wait, hold, or is done. Everything that may be lost in between is recovered by the next visit.
/// </summary>
public sealed partial class RotationEngine
{
    /// <summary>Turns in one visit; more would mean that a step moves in circles.</summary>
    private const int TurnsMax = 60;

    /// <summary>Waits shorter than this are asked of the queue; longer ones are the wake-up timer's.</summary>
    private static readonly TimeSpan QueueWaitMax = TimeSpan.FromMinutes(15);

    private static readonly Func<ILogger, string, IDisposable?> CredentialScope = LoggerMessage.DefineScope<string>("Credential {Credential}");

    private readonly Visits _visits;
    private readonly InboxFold _inbox;
    private readonly BindingStep _binding;
    private readonly ReleaseStep _release;
    private readonly DetectStep _detect;
    private readonly IReadOnlyList<IRotationStep> _steps;
    private readonly Alarm _alarm;
    private readonly CredentialRegistry _registry;
    private readonly IWorkQueue _queue;
    private readonly RotationOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<RotationEngine> _logger;

    internal RotationEngine(Visits visits, InboxFold inbox, BindingStep binding, ReleaseStep release, DetectStep detect, IEnumerable<IRotationStep> steps, Alarm alarm, CredentialRegistry registry, IWorkQueue queue, IOptions<RotationOptions> options, TimeProvider clock, ILogger<RotationEngine> logger)
    {
        (_visits, _inbox, _binding, _release, _detect, _steps, _alarm) = (visits, inbox, binding, release, detect, [.. steps], alarm);
        (_registry, _queue, _options, _clock, _logger) = (registry, queue, options.Value, clock, logger);
    }

    /// <summary>Visits a credential. Unknown credentials and those another visit holds are left alone; the latter are asked for again.</summary>
    public async Task AdvanceAsync(CredentialId credential, CancellationToken cancellationToken)
    {
        var (visit, comeBack) = await _visits.ClaimAsync(credential, cancellationToken);
        if (visit is null)
        {
            if (comeBack is { } later) await _queue.SendAsync(credential, later, cancellationToken);
            return;
        }

        using var scope = CredentialScope(_logger, credential.Value);
        using var activity = RotationTelemetry.StartVisit(credential, visit.Open?.Id);
        try
        {
            await RunAsync(visit, cancellationToken);
            await _visits.EndAsync(visit, cancellationToken);
            // A wake that stood before was asked for then; asked for again by every doubled message, doubles would never die out.
            if (visit.Row is { IsOpen: true, WakeOn: { } wakeOn } && wakeOn != visit.WakeBefore && wakeOn - _clock.GetUtcNow() is var wait && wait < QueueWaitMax)
                await _queue.SendAsync(credential, wait > TimeSpan.Zero ? wait : TimeSpan.Zero, cancellationToken);
        }
        catch (VisitOverException over)
        {
            LogOver(_logger, credential, over.Message);
            if (over.IsStillOurs && await TryEndAsync(visit, cancellationToken)) await _queue.SendAsync(credential, TimeSpan.Zero, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host stops: whoever goes on need not wait until the claim runs out. What may not be broken off was not.
            await HandBackAsync(visit);
            throw;
        }
        finally
        {
            visit.Turn?.Dispose();
        }
    }

    private async Task HandBackAsync(Visit visit)
    {
        try
        {
            await TryEndAsync(visit, CancellationToken.None);
        }
        catch (Exception trouble) when (trouble is not System.Diagnostics.UnreachableException)
        {
            // The claim runs out by itself; a host that stops has nothing better to do.
            LogKept(_logger, visit.Row.Id, trouble.GetType().Name);
        }
    }

    /// <summary>Hands the claim back; false when it was taken over meanwhile, and somebody else goes on.</summary>
    private async Task<bool> TryEndAsync(Visit visit, CancellationToken cancellationToken)
    {
        try
        {
            await _visits.EndAsync(visit, cancellationToken);
            return true;
        }
        catch (VisitOverException)
        {
            return false;
        }
    }

    private async Task RunAsync(Visit visit, CancellationToken cancellationToken)
    {
        for (var turn = 0; turn < TurnsMax; turn++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            while (await _inbox.RunAsync(visit, cancellationToken)) await _visits.SaveAsync(visit, cancellationToken);
            while (await _binding.RunAsync(visit, cancellationToken) || await _release.RunAsync(visit, cancellationToken)) await _visits.SaveAsync(visit, cancellationToken);
            if (visit.Open is null && !await DetectAsync(visit, cancellationToken))
            {
                await _visits.SaveAsync(visit, cancellationToken);
                return;
            }

            if (visit.RotationTag is null) await _visits.SaveAsync(visit, cancellationToken);
            if (!await TakeTurnAsync(visit, cancellationToken)) return;
        }

        throw new System.Diagnostics.UnreachableException($"A visit took {TurnsMax} turns.");
    }

    private async Task<bool> DetectAsync(Visit visit, CancellationToken cancellationToken)
    {
        using var turn = RotationTelemetry.StartStep("detect", null);
        var isOpened = await _detect.RunAsync(visit, cancellationToken);
        turn.Outcome = isOpened ? "moved" : "waits";
        return isOpened;
    }

    /// <summary>One turn; false when there is nothing more to do in this visit.</summary>
    private async Task<bool> TakeTurnAsync(Visit visit, CancellationToken cancellationToken)
    {
        var before = visit.Rotation.State;
        bool goesOn;
        try
        {
            goesOn = await StepAsync(visit, cancellationToken);
        }
        catch (RemoteTroubleException trouble)
        {
            Fail(visit, trouble);
            goesOn = false;
        }
        catch (Exception unforeseen) when (unforeseen is not VisitOverException && (unforeseen is not OperationCanceledException || !cancellationToken.IsCancellationRequested))
        {
            // Rule 13: whatever breaks, the row backs off and frees its account's lane, and a person hears of it. The text may quote a remote: the type and the place are all that is kept.
            LogUnforeseen(_logger, visit.Rotation.Id, before, unforeseen.GetType().Name, unforeseen.StackTrace);
            Fail(visit, new RemoteTroubleException("engine", RemoteTrouble.Unknown, unforeseen is NewerFormatException ? unforeseen.Message : $"The step broke off ({unforeseen.GetType().Name})."));
            goesOn = false;
        }

        await _visits.SaveAsync(visit, cancellationToken);
        var rotation = visit.Rotation;
        LogMoved(_logger, rotation.Id, before, rotation.State, rotation.Hold?.Reason, rotation.WakeOn);
        if (rotation.IsClosed)
        {
            // A closed rotation leaves room for what came in meanwhile: the next turn may open another.
            visit.Open = null;
            visit.RotationTag = null;
            return true;
        }

        return goesOn;
    }

    private async Task<bool> StepAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (await _alarm.RaiseAsync(visit, cancellationToken)) return true;
        _alarm.Escalate(visit);
        await _alarm.TellOfIncidentAsync(visit, cancellationToken);
        await _alarm.TellLeadershipAsync(visit, cancellationToken);
        if (visit.Rotation.Hold is { } hold)
        {
            if (!hold.IsAnnounced) await _alarm.AnnounceAsync(visit, cancellationToken);
            if (hold.Decided() is { } choice && choice.Name is not (Choices.Approve or Choices.Reject))
            {
                visit.Open = visit.Rotation.Choose(choice, _clock.GetUtcNow());
                visit.Notes.Add(LedgerNote.Ours("HoldEnded", $"{hold.Reason} ended by {choice.Name}.", new JsonObject { ["choice"] = choice.Name }));
                return true;
            }

            if (!hold.IsRetriedOnWake())
            {
                if (visit.Rotation.WakeOn <= _clock.GetUtcNow()) visit.Open = visit.Rotation.Until(_clock.GetUtcNow() + (visit.Rotation.Hold.IsAnnounced ? RotationMachine.PeopleWaitMax : Alarm.RetryPause), _clock.GetUtcNow());
                return false;
            }
        }

        // A second message about the same credential costs no remote call.
        if (visit.Rotation.WakeOn > _clock.GetUtcNow()) return false;

        var step = _steps.FirstOrDefault(candidate => candidate.Handles(visit.Rotation))
            ?? throw new System.Diagnostics.UnreachableException($"No step handles {visit.Rotation.State}.");
        var result = await MeasuredAsync(step, visit, cancellationToken);
        // A step returns the rotation it decided on; calls it noted meanwhile stay.
        visit.Open = result.Rotation with { Calls = visit.Rotation.Calls };
        if (result is StepResult.Moved moved)
        {
            visit.Notes.Add(moved.Note);
            return true;
        }

        if (result is StepResult.Waits { Note: { } note }) visit.Notes.Add(note);
        if (visit.Rotation.Hold is not null && visit.Rotation.Hold.IsAnnounced is false)
        {
            visit.Notes.Add(LedgerNote.Ours("Held", visit.Rotation.Hold.Detail, new JsonObject { ["reason"] = visit.Rotation.Hold.Reason.ToString() }));
            return true;
        }

        return false;
    }

    private static async Task<StepResult> MeasuredAsync(IRotationStep step, Visit visit, CancellationToken cancellationToken)
    {
        const string suffix = "Step";
        using var turn = RotationTelemetry.StartStep(step.GetType().Name[..^suffix.Length].ToLowerInvariant(), visit.Rotation.Id);
        var result = await step.RunAsync(visit, cancellationToken);
        turn.Outcome = result is StepResult.Moved ? "moved" : result.Rotation.Hold is null ? "waits" : "held";
        return result;
    }

    /// <summary>The one place that meets remote trouble: come back later, and ask a person when it lasts.</summary>
    private void Fail(Visit visit, RemoteTroubleException trouble)
    {
        var now = _clock.GetUtcNow();
        var rotation = visit.Rotation;
        var failures = rotation.Failures + 1;
        var failed = rotation with { Failures = failures, LastTrouble = RotationMachine.Bounded($"{trouble.Remote}: {trouble.Message}") };
        var delay = RetryPolicy.Delay(_options.RetryDelay, failures, trouble.RetryAfter);
        // What may still land must have landed before the next visit looks.
        if (trouble.Trouble is RemoteTrouble.Unknown)
        {
            if (delay < rotation.Plan.Traits.LandingMax) delay = rotation.Plan.Traits.LandingMax;
            Remotes.NoteLanding(visit, trouble);
        }

        visit.Open = failures >= RetryPolicy.FailuresMax && rotation.Hold is null
            ? failed.Holding(HoldReason.TooManyFailures, $"{failures} tries in a row failed at {rotation.State}. Last: {failed.LastTrouble}", now, rotation.ReserveFrom,
                rotation.Attempts.Count == 0 ? [Choices.ToRetry, Choices.ToAbandon]
                // Consumers run the new one already: what is left may be left to people.
                : rotation.State is RotationState.Reloaded or RotationState.RetireSent ? [Choices.ToRetry, new HoldChoice(Choices.CloseUnproven, "Close the rotation; the old credential is reported as possibly alive.")]
                : [Choices.ToRetry]).Until(now, now)
            : failed.Until(now + delay, now);
        visit.Notes.Add(LedgerNote.Ours("Trouble", failed.LastTrouble!, new JsonObject { ["trouble"] = trouble.Trouble.ToString(), ["failures"] = failures }));
        LogTrouble(_logger, rotation.Id, rotation.State, trouble.Remote, trouble.Message, failures);
    }

    [LoggerMessage(1, LogLevel.Information, "Rotation {Rotation}: {Before} -> {After}, hold {Hold}, wake {WakeOn}")]
    private static partial void LogMoved(ILogger logger, RotationId rotation, RotationState before, RotationState after, HoldReason? hold, DateTimeOffset wakeOn);

    [LoggerMessage(2, LogLevel.Warning, "Rotation {Rotation} at {State}: {Remote} had trouble ({Failures} in a row): {Trouble}")]
    private static partial void LogTrouble(ILogger logger, RotationId rotation, RotationState state, string remote, string trouble, int failures);

    [LoggerMessage(4, LogLevel.Error, "Rotation {Rotation} at {State} broke off: {Type}\n{Place}")]
    private static partial void LogUnforeseen(ILogger logger, RotationId rotation, RotationState state, string type, string? place);

    [LoggerMessage(3, LogLevel.Information, "The visit to {Credential} ends early: {Reason}")]
    private static partial void LogOver(ILogger logger, CredentialId credential, string reason);

    [LoggerMessage(5, LogLevel.Warning, "The host stops and could not hand back credential {Credential} ({Trouble}); its claim runs out by itself")]
    private static partial void LogKept(ILogger logger, CredentialId credential, string trouble);
}
