using System.Security.Cryptography;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine;

/// <summary>Begins and ends visits: one at a time per credential, and none while an effect of a dead one may still land.</summary>
internal sealed class Visits(CredentialRegistry registry, IOptions<RotationOptions> options, TimeProvider clock)
{
    /// <summary>When to ask again for a credential that another visit holds.</summary>
    private static readonly TimeSpan BusyPause = TimeSpan.FromSeconds(5);

    /// <summary>A claimed visit, or when to come back; both null: not a managed credential.</summary>
    public async Task<(Visit? Visit, TimeSpan? ComeBack)> ClaimAsync(CredentialId credential, CancellationToken cancellationToken)
    {
        if (await registry.LoadAsync(credential, cancellationToken) is not var (row, tag)) return default;

        (Rotation Rotation, string Tag)? open = row.IsOpen ? await registry.LoadRotationAsync(credential, row.Ordinal, cancellationToken) : null;
        var now = clock.GetUtcNow();
        if (row.Claim is { } claim)
        {
            if (claim.ClaimedOn > now + Remotes.ClockSkewMax) return (null, await RestateAsync(row, claim, tag, now, cancellationToken));

            // An expired claim is not a fence: an effect that was sent under it may land for as long as the provider says.
            var free = claim.ExpiresOn + (open is { } work ? work.Rotation.Plan.Traits.LandingMax + work.Rotation.Plan.Traits.ListSettle : TimeSpan.Zero);
            if (now < free) return (null, free - now < BusyPause ? free - now : BusyPause);
        }

        var visit = new Visit
        {
            Id = Base32.Encode(RandomNumberGenerator.GetBytes(10)),
            // Before the claim is sent, so that our own end of it is never later than the one others see.
            ClaimedAt = clock.GetTimestamp(),
            Row = row,
            WakeBefore = row.Claim is null ? row.WakeOn : null,
            RowTag = tag,
            Open = open?.Rotation,
            RotationTag = open?.Tag,
        };
        var ends = now + options.Value.ClaimTime;
        visit.Row = row with { Claim = new Claim(visit.Id, now, ends), WakeOn = row.IsOpen ? ends : null };
        try
        {
            visit.RowTag = await registry.ClaimAsync(visit.Row, tag, cancellationToken);
        }
        catch (Exception trouble) when (!cancellationToken.IsCancellationRequested)
        {
            // The answer may be lost, or be a conflict with our own write, although the claim stands.
            if (await registry.LoadAsync(credential, cancellationToken) is not var (stored, storedTag) || stored.Claim?.Visit != visit.Id)
            {
                if (trouble is RowConflictException) return (null, BusyPause);
                throw;
            }

            visit.RowTag = storedTag;
        }

        return (visit, null);
    }

    /// <summary>A claim from a clock that ran ahead would keep the credential for as long: it is measured again from now. Whoever holds it can no longer save.</summary>
    private async Task<TimeSpan> RestateAsync(CredentialRow row, Claim claim, string tag, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ends = now + options.Value.ClaimTime;
        try
        {
            await registry.ClaimAsync(row with { Claim = claim with { ClaimedOn = now, ExpiresOn = ends }, WakeOn = row.IsOpen ? ends : null }, tag, cancellationToken);
        }
        catch (RowConflictException)
        {
            // Handed back or restated meanwhile.
        }

        return BusyPause;
    }

    public Task SaveAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (clock.GetElapsedTime(visit.ClaimedAt) > options.Value.ClaimTime) throw new VisitOverException("The claim ran out.");
        // What was decided after an effect must be stored even while the host shuts down.
        return registry.SaveAsync(visit, release: false, visit.IssuedValue is null ? cancellationToken : CancellationToken.None);
    }

    /// <summary>Hands the claim and the lane back, so that the next visit need not wait.</summary>
    public async Task EndAsync(Visit visit, CancellationToken cancellationToken)
    {
        if (visit.Lane is { } account) await registry.ReleaseLaneAsync(account, visit.Id, cancellationToken);
        await registry.SaveAsync(visit, release: true, cancellationToken);
    }
}
