using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http;

/// <summary>Ends exactly the credential it is given, in one step or in two with a hold between them, and asks the list where the file wants it confirmed.</summary>
internal sealed class HttpRetirement(RetireOperation retire, Caller caller, Judge judge, HttpExchange exchange, Func<TemplateValues, CancellationToken, Task<IReadOnlyList<ListedEntry>>> list)
{
    public async Task<RetireOutcome> RunAsync(TemplateValues values, CancellationToken cancellationToken)
    {
        if (retire.OnlyOld is { } only && values.Old?.Id != only) return new RetireOutcome.Rejected($"not-sent.old-is-not-{only}");
        if (await DisableAsync(values, cancellationToken) is { } early) return early;

        using var called = await caller.SendAsync("retire", retire.Call, values, isCandidates: false, cancellationToken);
        var outcome = Read(retire.Call, called, values);
        return retire.IsConfirmedByList && outcome is RetireOutcome.Retired or RetireOutcome.AlreadyGone ? await ConfirmAsync(outcome, values, cancellationToken) : outcome;
    }

    /// <summary>Null: it is disabled, for long enough, or need not be.</summary>
    private async Task<RetireOutcome?> DisableAsync(TemplateValues values, CancellationToken cancellationToken)
    {
        if (retire.Disable is not { } disable) return null;

        var hold = retire.Hold is { } setting ? AccountParameters.Read(setting, values.Parameters) : TimeSpan.Zero;
        if (retire.Look is { } look)
        {
            using var shown = await caller.SendAsync("look", look.Call, values, isCandidates: false, cancellationToken);
            if (Read(look.Call, shown, values) is not RetireOutcome.Retired and var other) return other;
            if (look.Disabled.All(predicate => predicate.Holds(shown.Answer.Body!, values)))
            {
                if (look.Since.Instant(shown.Answer, values) is not { } since) return new RetireOutcome.Unknown($"The provider does not say at {look.Since.Place} since when the credential is disabled.");

                // On the remote's clock, which wrote both.
                var left = since + hold - (shown.Answer.RemoteDate ?? exchange.Now);
                return left > TimeSpan.Zero ? new RetireOutcome.Throttled(HttpExchange.Bounded(left)) : null;
            }
        }

        using var called = await caller.SendAsync("disable", disable.Call, values, isCandidates: false, cancellationToken);
        if (called.Refusal is null && disable.AlreadyGone?.Holds(called.Answer, values) is true) return null;

        var outcome = Read(disable.Call, called, values);
        // Whatever still runs it fails from now on, and it can be enabled again until the hold is over.
        return outcome is not RetireOutcome.Retired ? outcome : hold > TimeSpan.Zero ? new RetireOutcome.Throttled(HttpExchange.Bounded(hold)) : null;
    }

    private RetireOutcome Read(Operation operation, Called called, TemplateValues values)
    {
        var answer = called.Answer;
        if (called.Refusal is { } refusal) return new RetireOutcome.Rejected(refusal);
        if (called.IsDenied) return new RetireOutcome.Rejected("management-token-denied");
        if (retire.AlreadyGone?.Holds(answer, values) is true) return new RetireOutcome.AlreadyGone();
        if (judge.IsSuccess(operation, answer, values))
        {
            return operation.Require.Count == 0 || (answer.Body is { } body && Judge.FirstUnmet(operation, body, values) is null)
                ? new RetireOutcome.Retired()
                : new RetireOutcome.Unknown($"{answer.Words} It does not show that the credential was retired.");
        }

        return judge.Classify(answer, values) switch
        {
            ErrorClass.Rejected or ErrorClass.NoCapacity => new RetireOutcome.Rejected(judge.Code(answer, values)),
            ErrorClass.Throttled => new RetireOutcome.Throttled(judge.After(answer)),
            _ => new RetireOutcome.Unknown(answer.Words),
        };
    }

    private async Task<RetireOutcome> ConfirmAsync(RetireOutcome outcome, TemplateValues values, CancellationToken cancellationToken)
        => (await list(values, cancellationToken)).Any(entry => entry.Credential.Id == values.Old?.Id)
            ? new RetireOutcome.Unknown("The provider said that the credential is retired, and lists it still.")
            : outcome;
}
