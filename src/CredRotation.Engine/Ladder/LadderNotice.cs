using System.Text.Json.Serialization;

namespace CredRotation.Engine.Ladder;

/// <summary>How high a reminder has climbed. Each level hears beside those below it.</summary>
public enum LadderLevel
{
    Owners,
    Managers,
    Fallback,
    Leadership,
}

/// <summary>A named person has seen a reminder and takes it on.</summary>
/// <param name="Rung">The rung whose reminder was acknowledged; the next one asks again.</param>
public sealed record LadderAcknowledgement(string PersonId, string PersonName, DateTimeOffset On, int Rung);

/// <summary>A reminder to one level that its channel accepted, or that is on its way there.</summary>
/// <param name="SentOn">Written before it is sent.</param>
/// <param name="AcceptedOn">Null: it was not accepted yet, or nobody lived to write that it was.</param>
/// <param name="IsNobody">There was nobody to send it to.</param>
public sealed record LadderDelivery(LadderLevel Level, DateTimeOffset SentOn, DateTimeOffset? AcceptedOn = null, bool IsNobody = false)
{
    /// <summary>How long whoever wrote it has to send it, before another takes it on.</summary>
    public static readonly TimeSpan SendingMax = TimeSpan.FromMinutes(10);

    /// <summary>Nothing more is to be sent for it.</summary>
    [JsonIgnore]
    public bool IsSettled => IsNobody || AcceptedOn is not null;
}

/// <summary>How far the people who answer were reminded of one version's end. One row per credential while its end is near.</summary>
public sealed record LadderNotice
{
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    public required CredentialId Credential { get; init; }

    public required SecretName Secret { get; init; }

    public required string OwnerGroup { get; init; }

    public required string Policy { get; init; }

    public required string Version { get; init; }

    public required DateTimeOffset EndsOn { get; init; }

    /// <summary>The rung that was reached last: an index into the policy's rungs; their count once the end has passed.</summary>
    public required int Rung { get; init; }

    public required LadderLevel Level { get; init; }

    public required DateTimeOffset ReachedOn { get; init; }

    /// <summary>Of the rung that was reached last.</summary>
    public IReadOnlyList<LadderDelivery> Deliveries { get; init; } = [];

    public LadderAcknowledgement? Acknowledged { get; init; }

    /// <summary>People who were named as receivers beyond the groups: managers. They may acknowledge, too.</summary>
    public IReadOnlyList<string> Named { get; init; } = [];

    /// <summary>When its last reminder was accepted; null: none was.</summary>
    [JsonIgnore]
    public DateTimeOffset? ToldOn => Deliveries.Max(delivery => delivery.AcceptedOn);

    /// <summary>Somebody took on what was reminded of last.</summary>
    [JsonIgnore]
    public bool IsAcknowledged => Acknowledged is { } by && by.Rung >= Rung;

    /// <summary>The levels that are to hear of the rung that was reached, and did not; one that somebody is sending to now is left to them.</summary>
    public IEnumerable<LadderLevel> OwedAt(DateTimeOffset now)
        => Enum.GetValues<LadderLevel>().Where(level => level <= Level && Deliveries.All(delivery => delivery.Level != level || (!delivery.IsSettled && now - delivery.SentOn >= LadderDelivery.SendingMax)));

    /// <summary>With this word on the delivery to its level.</summary>
    public LadderNotice With(LadderDelivery said) => this with { Deliveries = [.. Deliveries.Where(delivery => delivery.Level != said.Level), said] };
}
