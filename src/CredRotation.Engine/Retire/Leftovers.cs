using System.Text.Json.Nodes;
using CredRotation.Engine.Issue;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Retire;

/// <summary>
/// Rule 12: a rotation closes only after a final list finds nothing with its marker but the current credential. What nobody but us ever had is
/// retired; what somebody may run is reported. Safe to repeat.
/// </summary>
internal sealed class Leftovers(Remotes remotes, ICredentialVault vault, IProviderCatalog providers, Targets targets, Lanes lanes, InstallationKey key, IOptions<RotationOptions> options, TimeProvider clock)
{
    private const string Rule = "Close: rule 12, nothing with our marker but the current credential";

    /// <summary>Looks and cleans up; answers when to come back where the list cannot show it yet.</summary>
    public async Task<DateTimeOffset?> FindAsync(Visit visit, CancellationToken cancellationToken)
    {
        var traits = visit.Rotation.Plan.Traits;
        await NoteReplacedAsync(visit, cancellationToken);
        if (!traits.CanFindByMarker && !visit.Rotation.Suspects.Any(IsToBeRetired)) return null;

        if (visit.Rotation.Attempts[^1].NotShownBefore(traits, clock.GetUtcNow()) is { } shownOn) return shownOn;

        await targets.OpenAsync(visit, Rule, cancellationToken);
        if (traits.CanFindByMarker) await AddListedAsync(visit, cancellationToken);
        if (!visit.Rotation.Suspects.Any(IsToBeRetired)) return null;

        // Rule 5: one effect at a time at an account.
        if (!await lanes.TakeAsync(visit, cancellationToken)) return clock.GetUtcNow() + options.Value.RetryDelay;

        // Rule 11: never the one that is live.
        var current = await remotes.ReadAsync(visit, "vault", "read current secret", "Close: rule 11, what is live", (callId, token) => vault.ReadCurrentAsync(visit.Rotation.Plan.Secret, callId, token), cancellationToken);
        var live = await key.FingerprintAsync(current.Value, cancellationToken);
        foreach (var suspect in visit.Rotation.Suspects.Where(IsToBeRetired).ToList())
        {
            if (suspect.ProviderId == visit.Rotation.Old?.ProviderId || (live == visit.Rotation.New?.Fingerprint && IsNew(visit.Rotation, suspect.ProviderId!, suspect.Marker))) continue;
            await RetireAsync(visit, suspect, cancellationToken);
        }

        return null;
    }

    /// <summary>What we promoted and somebody replaced since lives on and is nobody's any more: it is reported. Where a timer ends what is not the newest, that has its own end.</summary>
    private async Task NoteReplacedAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (visit.Rotation is not { State: RotationState.Retired, New: { } promoted, Plan.Traits.OldValidity: OldValidity.UntilRetired }) return;

        var value = visit.LiveValue ?? (await remotes.ReadAsync(visit, "vault", "read current secret", Rule, (callId, token) => vault.ReadCurrentAsync(visit.Rotation.Plan.Secret, callId, token), cancellationToken)).Value;
        var marker = visit.Rotation.Attempts[^1].Ticket.Marker;
        if (await key.FingerprintAsync(value, cancellationToken) == promoted.Fingerprint || visit.Rotation.Suspects.Any(known => known.Marker == marker)) return;
        visit.Open = visit.Rotation with { Suspects = [.. visit.Rotation.Suspects, .. visit.Rotation.NewAsSuspect()] };
    }

    private static bool IsToBeRetired(Suspect suspect) => suspect is { IsUnread: true, ProviderId: not null };

    /// <summary>What is listed under a marker of this rotation and is not the one we promoted is known by its id from now on; a suspect that is not listed does not exist.</summary>
    private async Task AddListedAsync(Visit visit, CancellationToken cancellationToken)
    {
        var listed = await targets.RequireListAsync(visit, Rule, cancellationToken);
        var rotation = visit.Rotation;
        var ours = rotation.Attempts.ToDictionary(attempt => attempt.Ticket.Marker, StringComparer.Ordinal);
        var prior = rotation.Attempts[0].PriorIds ?? [];
        var alive = listed.Where(credential => credential.Marker is { } marker && ours.ContainsKey(marker) && !prior.Contains(credential.Id)).ToList();
        // Of a provider that names no id, whatever carries the newest marker may be what consumers run: it is reported and never retired.
        var (news, others) = (alive.Where(credential => IsNew(rotation, credential.Id, credential.Marker!)).ToList(), alive.Where(credential => !IsNew(rotation, credential.Id, credential.Marker!)));
        var isNameless = rotation.New is { ProviderId: null };
        var found = others.Select(credential => Listed(credential, isUnread: true)).ToList();
        if (isNameless && rotation.PromotedVersion is null) found.AddRange(news.Select(credential => Listed(credential, isUnread: true)));
        else if (isNameless && news is [var only])
        {
            // One alone is it, and the next rotation knows what to end.
            rotation = rotation with { New = rotation.New! with { ProviderId = only.Id } };
            if (visit.Row.Known is { } known && known.Fingerprint == rotation.New.Fingerprint) visit.Row = visit.Row with { Known = known with { ProviderId = only.Id } };
        }
        else if (isNameless) found.AddRange(news.Select(credential => Listed(credential, isUnread: false)));

        // What was taken back is known by its id, too, and is nobody's any more where that was proved.
        if (!isNameless && rotation.Rollback is { IsRestored: true } back) found.AddRange(news.Select(credential => Listed(credential, isUnread: back.IsProven)));
        // What was promoted may be run by somebody: it stays reported as it was.
        var kept = rotation.Suspects.Where(suspect => !suspect.IsUnread && alive.Any(credential => credential.Marker == suspect.Marker) && found.All(again => again.ProviderId != suspect.ProviderId));
        visit.Open = rotation with { Suspects = [.. kept, .. found] };

        Suspect Listed(ListedCredential credential, bool isUnread) => new(credential.Marker!, ours[credential.Marker!].SentOn, null, credential.Id, isUnread);
    }

    /// <summary>Whether it is, or without an id of its own may be, what the newest attempt made.</summary>
    private static bool IsNew(Rotation rotation, string id, string marker)
        => rotation.New is { ProviderId: { } known } ? id == known : rotation.New is not null && marker == rotation.Attempts[^1].Ticket.Marker;

    private async Task RetireAsync(Visit visit, Suspect suspect, CancellationToken cancellationToken)
    {
        var provider = visit.Rotation.OpenProvider(providers);
        var outcome = await remotes.EffectAsync(visit, "provider", "retire leftover", Rule, (_, token) => provider.RetireAsync(visit.Target!, new RetireTicket(suspect.ProviderId, null), token), cancellationToken);
        switch (outcome)
        {
            case RetireOutcome.Retired or RetireOutcome.AlreadyGone:
                visit.Open = visit.Rotation with { Suspects = [.. visit.Rotation.Suspects.Where(known => known != suspect)] };
                visit.Notes.Add(LedgerNote.Ours("LeftoverRetired", "A credential of ours that nobody ever had was retired.", new JsonObject { ["providerId"] = suspect.ProviderId, ["marker"] = suspect.Marker }));
                return;
            case RetireOutcome.Throttled throttled:
                throw new RemoteTroubleException("provider", RemoteTrouble.Throttled, "The provider asks to come back later.", throttled.After);
            case RetireOutcome.Unknown unknown:
                throw new RemoteTroubleException("provider", RemoteTrouble.Unknown, $"Whether a leftover was retired is not known: {unknown.Detail} Retiring again is harmless.");
            default:
                // It stays a suspect, and people are told of it.
                return;
        }
    }
}
