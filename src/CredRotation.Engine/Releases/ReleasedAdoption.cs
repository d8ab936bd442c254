using CredRotation.Engine.Bindings;
using CredRotation.Engine.Detect;

namespace CredRotation.Engine.Releases;

/// <summary>An adoption that an owner ended: nothing of the credential is rotated any more, and its ledger stays.</summary>
/// <param name="Tags">Hash of the adoption tags as they were then; null from before they were known.</param>
/// <param name="ToFree">A target that this credential may still hold and is not to keep.</param>
public sealed record ReleasedAdoption(string PersonId, string PersonName, string Reason, DateTimeOffset On, string? Tags, AccountTarget? ToFree)
{
    /// <summary>Whether somebody has changed the adoption tags since, so that they may ask anew.</summary>
    internal bool IsUndoneBy(SecretProperties listed) => Tags is not null && HasOthers(listed) && listed.UpdatedOn > On;

    /// <summary>Whether the tags were other ones already when it was released than were known then.</summary>
    internal bool IsBehind(SecretProperties listed) => HasOthers(listed) && !IsUndoneBy(listed);

    private bool HasOthers(SecretProperties listed) => AdoptionTags.HashOf(listed.Tags) != Tags;
}

/// <summary>An operator asks the owners to release an adoption. It decides nothing, and ends by itself.</summary>
/// <param name="IsTold">The owners' channel took the message.</param>
public sealed record ReleaseRequest(string PersonId, string PersonName, string Reason, DateTimeOffset AskedOn, DateTimeOffset EndsOn, bool IsTold = false)
{
    public bool IsOver(DateTimeOffset now) => EndsOn <= now;
}
