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
        if (await registry.LoadAsync(credential, cancellationToken) is not var (row, tag, age)) return default;

        // Of two hosts' clocks one may have jumped: only the store says how old a claim is.
        var held = row.Claim is { } holder ? holder.ExpiresOn - holder.ClaimedOn : TimeSpan.Zero;
        if ((row.Claim is not null || row.Landing is not null) && age is null) return (null, await RestateAsync(row, tag, cancellationToken));
        if (age < held) return (null, Pause(held - age.Value));
        // Handed back with a call that may still land.
        if (age < row.Landing) return (null, row.Landing - age);

        (Rotation Rotation, string Tag, TimeSpan? Age)? open = row.IsOpen ? await registry.LoadRotationAsync(credential, row.Ordinal, cancellationToken) : null;
        // An expired claim is not a fence: an effect that was sent under it may land for as long as the provider says.
        if (row.Claim is not null && open is { Rotation.Plan.Traits: var traits }) held += traits.LandingMax + traits.ListSettle;
        if (age < held) return (null, Pause(held - age.Value));

        var now = clock.GetUtcNow();
        var shift = registry.ShiftOf(row.SavedOn, age);
        var visit = new Visit
        {
            Id = Base32.Encode(RandomNumberGenerator.GetBytes(10)),
            // Before the claim is sent, so that our own end of it is never later than the one others see.
            ClaimedAt = clock.GetTimestamp(),
            Row = row,
            WakeBefore = row.Claim is null ? row.WakeOn + shift : null,
            RowTag = tag,
            // A wait lasts as long as it was meant, whatever the clock of the host that set it.
            Open = open is { Rotation: var rotation } known ? rotation with { WakeOn = rotation.WakeOn + (rotation.SavedOn == row.SavedOn ? shift : registry.ShiftOf(rotation.SavedOn, known.Age)) } : null,
            RotationTag = open?.Tag,
        };
        var ends = now + options.Value.ClaimTime;
        visit.Row = row with { Claim = new Claim(visit.Id, now, ends), Landing = null, WakeOn = row.IsOpen ? ends : null, SavedOn = now };
        try
        {
            visit.RowTag = await registry.ClaimAsync(visit.Row, tag, cancellationToken);
        }
        catch (Exception trouble) when (!cancellationToken.IsCancellationRequested)
        {
            // The answer may be lost, or be a conflict with our own write, although the claim stands.
            if (await registry.LoadAsync(credential, cancellationToken) is not var (stored, storedTag, _) || stored.Claim?.Visit != visit.Id)
            {
                if (trouble is RowConflictException) return (null, BusyPause);
                throw;
            }

            visit.RowTag = storedTag;
        }

        return (visit, null);
    }

    private static TimeSpan Pause(TimeSpan left) => left < BusyPause ? left : BusyPause;

    /// <summary>A claim whose age nobody knows is measured from now. Whoever holds it can no longer save.</summary>
    private async Task<TimeSpan> RestateAsync(CredentialRow row, string tag, CancellationToken cancellationToken)
    {
        try
        {
            await registry.ClaimAsync(row, tag, cancellationToken);
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
