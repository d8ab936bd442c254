using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing.Simulation;

namespace CredRotation.Benchmarks.Mutants;

/// <summary>The shipped engine over ports that make it miss one rule of the protocol.</summary>
/// <param name="Rule">The rule that is missed; or the invariant, where the rule is that one.</param>
/// <param name="Invariants">Those that the rule keeps whole: only one of them catches it.</param>
internal sealed record Mutant(string Name, string Rule, IReadOnlyList<string> Invariants, Func<SimulatedPorts, SimulatedPorts> Alter)
{
    private const string ReservationType = "application/x-credrotation-reservation";
    private const string StagedType = "application/x-credrotation-staged";

    /// <summary>The classes of vendor where the rule matters; empty: everywhere.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>What makes a schedule come to where the rule matters; the unaltered engine is judged under the same.</summary>
    public Func<Scenario, Scenario> Under { get; init; } = scenario => scenario;

    public static IReadOnlyList<Mutant> All { get; } =
    [
        new("no-reservation", "1", ["I4"], ports => ports with { Vault = new SkippingVault(ports.Vault, ReservationType) }) { Classes = ["timer-issue", "overlap-list"] },
        new("issue-sent-not-durable", "1", ["I4"], ports => ports with { Rows = new LazyRows(ports.Rows) }),
        new("value-not-staged", "2", ["I1", "I8"], ports => ports with { Vault = new SkippingVault(ports.Vault, StagedType) }) { Classes = ["timer-issue", "overlap-list"] },
        new("issue-retried-below", "3", ["I4"], ports => ports with { Provider = new RetryingProvider(ports.Provider) })
        {
            Classes = ["timer-issue", "overlap-list", "overlap-no-list", "in-place-provider-made"],
            Under = scenario => Meeting(scenario, "vendor.issue", Mishap.LostAfter),
        },
        new("replay-not-identical", "4", ["I4"], ports => ports with { Provider = new ForgetfulProvider(ports.Provider, ports.Clock) })
        {
            Classes = ["overlap-caller-made", "overlap-key-pair", "pair-caller-made", "in-place-caller-made"],
            Under = scenario => Meeting(scenario, "vendor.issue", Mishap.LostAfter),
        },
        new("ledger-without-fence", "5", ["I7", "I10"], ports => ports with { Rows = new UnfencedRows(ports.Rows) }),
        new("takeover-without-landing", "5", ["I10"], ports => ports with { Provider = new MisstatingProvider(ports.Provider, traits => traits with { LandingMax = TimeSpan.Zero, ListSettle = TimeSpan.Zero }) }),
        new("claim-measured-by-nothing", "5", ["I10"], ports => ports with { Clock = new StandingClock(ports.Clock) }),
        new("anybody-is-an-owner", "6", ["I5"], ports => ports with { Directory = new OpenDirectory(ports.Directory) }) { Under = scenario => scenario with { People = PeopleMood.Wrong } },
        new("every-marker-is-ours", "7", ["I5"], ports => ports with { Provider = new LyingList(ports.Provider, isEmpty: false) })
        {
            Classes = ["overlap-list", "overlap-list-lagging"],
            Under = scenario => scenario with { HasNeighbour = true },
        },
        new("no-rehearsal", "8", ["I3"], ports => ports with { Consumers = new UnheardConsumers(ports.Consumers) }) { Classes = ["timer-issue", "pair-provider-made", "in-place-provider-made"] },
        new("reload-not-proven", "8", ["I3"], ports => ports with { Rows = Reading(ports.Rows, Adopted) }),
        new("refused-is-promoted", "9", ["I1"], ports => ports with { Provider = new CredulousProvider(ports.Provider) }) { Classes = ["overlap-list", "timer-issue"] },
        new("not-yet-is-refused", "10", ["I8"], ports => ports with { Provider = new MisstatingProvider(ports.Provider, traits => traits with { ActivationDelayMax = TimeSpan.Zero }) }) { Classes = ["overlap-list", "timer-issue"] },
        new("retires-the-newest", "11", ["I3"], ports => ports with { Provider = new HastyProvider(ports.Provider) }) { Classes = ["overlap-list", "overlap-read-back", "overlap-caller-made"] },
        new("does-not-look-again", "11", ["I3"], ports => ports with { Vault = new TrustingVault(ports.Vault) })
        {
            Classes = ["overlap-list", "overlap-read-back", "overlap-caller-made"],
            // A host that dies forgets what it trusts: with nothing else going wrong, none does.
            Under = scenario => scenario with { Hand = HandMood.OldValueAgain, Mishaps = [], NoisePerMille = 0 },
        },
        new("no-final-list", "12", ["I2"], ports => ports with { Provider = new LyingList(ports.Provider, isEmpty: true) }) { Classes = ["overlap-list", "overlap-list-lagging", "overlap-two-slots"] },
        new("suspects-not-reported", "12", ["I2"], ports => ports with { Rows = Writing(ports.Rows, rotation => rotation["suspects"] = new JsonArray()) })
        {
            Classes = ["overlap-no-list", "overlap-list-ids-only"],
            Under = scenario => Meeting(scenario, "vendor.issue", Mishap.LostAfter),
        },
        new("wake-a-day-late", "13", ["I9"], ports => ports with { Rows = new OtherRows(ports.Rows, writes: WakeLate) }) { Classes = ["timer-issue", "timer-first-use"] },
        new("open-work-not-indexed", "13", ["I8", "I9"], ports => ports with { Rows = new UnindexedRows(ports.Rows) }),
        new("end-later-than-the-vendors", "14", ["I11"], ports => ports with { Vault = new MisdatingVault(ports.Vault, end => end + TimeSpan.FromDays(100)) }),
        new("end-too-near", "14", ["I11"], ports => ports with { Vault = new MisdatingVault(ports.Vault, end => end - TimeSpan.FromDays(65)) }),
        new("tags-bind-without-consent", "15", ["I5"], ports => ports with { Rows = new OtherRows(ports.Rows, reads: (key, body) => key.Row == "row" ? Changed(body, BoundAsAsked) : body) })
        {
            Under = scenario => scenario with { Hand = HandMood.OtherTags, Rotations = 2 },
        },
        new("another-target", "15", ["I5"], ports => ports with { Provider = new StrayingProvider(ports.Provider) }),
        new("approval-not-asked", "16", ["I5"], ports => ports with { Rows = Reading(ports.Rows, Unasked) }),
        new("silent-directory-is-no-owners", "17", ["I5"], ports => ports with { Directory = new ForgetfulDirectory(ports.Directory) })
        {
            Under = scenario => scenario with { Owners = OwnersMood.Unreachable, People = PeopleMood.Wrong },
        },
        new("dead-owners-stop-it", "17", ["I8"], ports => ports with { Directory = new LonelyDirectory(ports.Directory) }) { Under = scenario => scenario with { Owners = OwnersMood.Gone } },
        new("one-clock-decides", "18", ["I3", "I9"], ports => ports with { Vault = new AgreeingVault(ports.Vault, ports.Clock), Provider = new AgreeingProvider(ports.Provider, ports.Clock) })
        {
            Under = scenario => scenario with { Clock = ClockMood.Jumping },
        },
        new("value-in-the-ledger", "19", ["I6"], ports => ports with { Provider = new TalkativeProvider(ports.Provider) }) { Classes = ["timer-issue", "overlap-list"] },
        new("entry-not-as-hashed", "I7", ["I7"], ports => ports with { Rows = new OtherRows(ports.Rows, writes: (key, body) => key.Row.StartsWith("log-", StringComparison.Ordinal) ? body.Replace("\"who\":\"credrotation\"", "\"who\":\"somebody\"", StringComparison.Ordinal) : body) }),
    ];

    /// <summary>The schedule of a seed, come to where the rule matters; null where its class has nothing to do with it.</summary>
    public Scenario? ScenarioOf(int seed)
    {
        var scenario = Scenarios.Of(seed, 0, 1);
        return Classes.Count == 0 || Classes.Contains(scenario.Vendor.Name) ? Under(scenario) : null;
    }

    /// <summary>The first call of that name meets this, and no other planned mishap.</summary>
    private static Scenario Meeting(Scenario scenario, string operation, Mishap mishap)
        => scenario with { Mishaps = [new PlannedMishap(operation, 1, mishap, TimeSpan.Zero), .. scenario.Mishaps.Where(planned => planned.Operation != operation)] };

    private static OtherRows Reading(IRowStore rows, Action<JsonNode> change) => new(rows, reads: (key, body) => IsRotation(key) ? Changed(body, change) : body);

    private static OtherRows Writing(IRowStore rows, Action<JsonNode> change) => new(rows, writes: (key, body) => IsRotation(key) ? Changed(body, change) : body);

    private static bool IsRotation(RowKey key) => key.Row.StartsWith("rot-", StringComparison.Ordinal);

    private static string Changed(string body, Action<JsonNode> change)
    {
        var node = JsonNode.Parse(body)!;
        change(node);
        return node.ToJsonString(EngineJson.Options);
    }

    private static void Adopted(JsonNode rotation)
    {
        if ((string?)rotation["state"] is not "Promoted") return;
        foreach (var consumer in rotation["consumers"]!.AsArray())
        {
            foreach (var instance in consumer!["instances"]!.AsArray()) consumer["acknowledged"]![(string)instance!] = "2026-11-22T08:00:00+00:00";
        }
    }

    /// <summary>What the tags ask for counts at once.</summary>
    private static void BoundAsAsked(JsonNode row)
    {
        if (row["pending"] is not { } asked) return;
        row["binding"] = asked["binding"]!.DeepClone();
        row["pending"] = null;
    }

    private static void Unasked(JsonNode rotation)
    {
        rotation["plan"]!["approval"] = "None";
        rotation["plan"]!["retireApproval"] = "None";
    }

    private static string WakeLate(RowKey key, string body)
    {
        if (key.Row != "row") return body;
        var row = JsonNode.Parse(body)!;
        if (row["wakeOn"] is { } wake && DateTimeOffset.Parse((string)wake!, System.Globalization.CultureInfo.InvariantCulture) is var on) row["wakeOn"] = on + TimeSpan.FromHours(23);
        return row.ToJsonString(EngineJson.Options);
    }
}
