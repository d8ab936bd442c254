using System.Text.Json.Serialization;
using CredRotation.Engine.Reload;

namespace CredRotation.Engine;

/// <summary>A report that a version does not work for an instance.</summary>
/// <param name="What"><c>refused</c>: a remote refused it; <c>unreadable</c>: the vault would not hand it out.</param>
public sealed record ConsumerFailure(string Instance, string What, DateTimeOffset On);

/// <summary>A required consumer as the rotation froze it, and what it proved.</summary>
/// <param name="Instances">Who has to prove the new version: named in the rehearsal before Issue, holding a lease since, or what its platform shows.</param>
/// <param name="Acknowledged">Instances that proved the new version, with when.</param>
/// <param name="SignalledOn">When it was told last.</param>
/// <param name="Signals">How often it was told.</param>
public sealed record ConsumerProgress(
    string Alias,
    IReadOnlyList<string> Instances,
    IReadOnlyDictionary<string, DateTimeOffset> Acknowledged,
    DateTimeOffset? SignalledOn,
    int Signals)
{
    /// <summary>Instances of one consumer, at most.</summary>
    public const int InstancesMax = 200;

    /// <summary>Characters of an instance's name.</summary>
    public const int InstanceLengthMax = 100;

    private const int FailuresMax = 20;

    public ConsumerKind Kind { get; init; }

    public ProofWorth Worth { get; init; }

    /// <summary>Its own deadline from when it was first told; null leaves it to the policy's.</summary>
    public TimeSpan? ReloadMax { get; init; }

    /// <summary>The longest it keeps a value: kind OnDemand.</summary>
    public TimeSpan? HoldsAtMost { get; init; }

    public int Wave { get; init; } = 1;

    /// <summary>When it was first told of the version that it is to run.</summary>
    public DateTimeOffset? ToldOn { get; init; }

    /// <summary>When its platform is to be asked again; null: as often as it is told.</summary>
    public DateTimeOffset? LookOn { get; init; }

    /// <summary>What it or its platform answered last, for people.</summary>
    public string? Detail { get; init; }

    /// <summary>Reports that the version it is to run does not work for it.</summary>
    public IReadOnlyList<ConsumerFailure> Failures { get; init; } = [];

    /// <summary>Every instance that it had has gone since, so that nothing of it runs any version.</summary>
    public bool IsVacant { get; init; }

    /// <summary>People chose to go on without it, and were told that it will fail.</summary>
    public bool IsExcused { get; init; }

    /// <summary>It runs the new version, by the proof that its kind gives.</summary>
    [JsonIgnore]
    public bool IsAdopted => IsVacant || (Instances.Count > 0 && Instances.All(Acknowledged.ContainsKey));

    /// <summary>Nobody waits for it: it runs the new version, people go on without it, or it was excused before Issue and proves nothing.</summary>
    [JsonIgnore]
    public bool IsSettled => IsAdopted || IsExcused || Instances.Count == 0;

    /// <summary>Its instances tell themselves what they run.</summary>
    [JsonIgnore]
    public bool IsAcknowledging => Kind is ConsumerKind.Hook or ConsumerKind.EventGrid or ConsumerKind.Webhook;

    /// <summary>Those that have not proved it.</summary>
    [JsonIgnore]
    public IEnumerable<string> Missing => Instances.Where(instance => !Acknowledged.ContainsKey(instance));

    public static ConsumerProgress Of(string alias, ConsumerOptions? consumer)
        => new ConsumerProgress(alias, [], new Dictionary<string, DateTimeOffset>(), null, 0) is var progress && consumer is null ? progress : progress with
        {
            Kind = consumer.Kind,
            Worth = ConsumerKinds.WorthOf(consumer.Kind, consumer.Principal.Length > 0),
            ReloadMax = consumer.ReloadMax,
            HoldsAtMost = consumer.HoldsAtMost,
            Wave = consumer.Wave,
        };

    /// <summary>Another version is to be run: nothing was proved of that, and nobody was told.</summary>
    public ConsumerProgress Anew() => this with { Acknowledged = new Dictionary<string, DateTimeOffset>(), SignalledOn = null, Signals = 0, ToldOn = null, LookOn = null, Detail = null, Failures = [], IsVacant = false, IsExcused = false };

    public ConsumerProgress Proven(string instance, DateTimeOffset on)
        => this with
        {
            Acknowledged = Acknowledged.ContainsKey(instance) ? Acknowledged : new Dictionary<string, DateTimeOffset>(Acknowledged) { [instance] = on },
            // What works now answers what was reported before.
            Failures = [.. Failures.Where(failure => failure.Instance != instance)],
        };

    public ConsumerProgress Failed(ConsumerFailure failure)
        => this with { Failures = [.. Failures.Where(known => (known.Instance, known.What) != (failure.Instance, failure.What)).TakeLast(FailuresMax - 1), failure] };
}
