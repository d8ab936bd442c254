using System.Text.Json.Serialization;
using CredRotation.Engine.Adopt;

namespace CredRotation.Engine.Registry;

/// <summary>
/// What people, consumers and events say. Inserted beside the credential's row by anybody; only the next visit re-authorizes it and folds it in.
/// The row key is a hash of the content, so a repeat is one item.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Hint), "hint")]
[JsonDerivedType(typeof(Start), "start")]
[JsonDerivedType(typeof(Approve), "approve")]
[JsonDerivedType(typeof(Reject), "reject")]
[JsonDerivedType(typeof(Choose), "choose")]
[JsonDerivedType(typeof(Acknowledge), "acknowledge")]
[JsonDerivedType(typeof(Consent), "consent")]
[JsonDerivedType(typeof(Release), "release")]
[JsonDerivedType(typeof(AskRelease), "ask-release")]
[JsonDerivedType(typeof(Retagged), "retagged")]
[JsonDerivedType(typeof(HandIn), "hand-in")]
[JsonDerivedType(typeof(Adopt), "adopt")]
[JsonDerivedType(typeof(RollBack), "roll-back")]
[JsonDerivedType(typeof(AcknowledgeReminder), "acknowledge-reminder")]
[JsonDerivedType(typeof(ReportFailure), "report-failure")]
public abstract record InboxItem(DateTimeOffset On)
{
    public const int CurrentFormat = 1;

    /// <summary>Rows from before it was written are of format 1.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>An event or a sweep saw something; it decides nothing.</summary>
    /// <param name="Asked">The binding that the tags ask for now; null says nothing about it.</param>
    public sealed record Hint(DateTimeOffset On, string Source, SeenVersion? Seen, Finding? Finding, Binding? Asked = null) : InboxItem(On);

    /// <summary>A person asks for a rotation now.</summary>
    public sealed record Start(DateTimeOffset On, string PersonId, string PersonName, string Reason) : InboxItem(On);

    public sealed record Approve(DateTimeOffset On, RotationId Rotation, string PlanHash, string PersonId, string PersonName) : InboxItem(On);

    /// <summary>A yes to the change of binding with this hash.</summary>
    public sealed record Consent(DateTimeOffset On, string ChangeHash, string PersonId, string PersonName) : InboxItem(On);

    /// <summary>One who answers for the credential ends its adoption.</summary>
    public sealed record Release(DateTimeOffset On, string PersonId, string PersonName, string Reason) : InboxItem(On);

    /// <summary>An operator asks those who answer to end it.</summary>
    public sealed record AskRelease(DateTimeOffset On, string PersonId, string PersonName, string Reason) : InboxItem(On);

    /// <summary>A released credential carries other adoption tags than were known when it was released.</summary>
    /// <param name="ReleasedOn">The release that this is about: it never counts against another one.</param>
    /// <param name="Asked">The binding that they ask for anew; null: they were so already then.</param>
    public sealed record Retagged(DateTimeOffset On, string Source, DateTimeOffset ReleasedOn, SeenVersion Seen, Binding? Asked) : InboxItem(On);

    /// <summary>A person had it adopted, and what consumers run was found at the provider.</summary>
    /// <param name="Current">Null where the provider shows no id.</param>
    public sealed record Adopt(DateTimeOffset On, string PersonId, string PersonName, KnownCredential? Current, CurrentFound How) : InboxItem(On);

    /// <summary>A person takes a promotion back.</summary>
    public sealed record RollBack(DateTimeOffset On, RotationId Rotation, string PlanHash, RotationState ExpectedState, string PersonId, string PersonName) : InboxItem(On);

    /// <summary>A person took on what they were reminded of; it only goes into the record.</summary>
    public sealed record AcknowledgeReminder(DateTimeOffset On, string PersonId, string PersonName, string Version, int Rung) : InboxItem(On);

    public sealed record Reject(DateTimeOffset On, RotationId Rotation, string PlanHash, string PersonId, string PersonName, string? Reason) : InboxItem(On);

    public sealed record Choose(DateTimeOffset On, RotationId Rotation, string PlanHash, RotationState ExpectedState, string Choice, string PersonId, string PersonName) : InboxItem(On);

    /// <summary>A person put a value into staging, for the attempt with this marker.</summary>
    public sealed record HandIn(DateTimeOffset On, RotationId Rotation, string Marker, string StagedVersion, string PersonId, string PersonName) : InboxItem(On);

    /// <summary>A consumer's instance runs a version: counts only from the registered principal, after a first success.</summary>
    public sealed record Acknowledge(DateTimeOffset On, RotationId Rotation, string PrincipalId, string Version, string Instance, DateTimeOffset FirstSuccessOn) : InboxItem(On);

    /// <summary>A consumer's instance cannot use a version: counts only from the registered principal.</summary>
    /// <param name="What">As in <see cref="ConsumerFailure"/>.</param>
    public sealed record ReportFailure(DateTimeOffset On, string PrincipalId, string Version, string Instance, string What) : InboxItem(On);
}
