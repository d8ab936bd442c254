using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing.Simulation;

namespace CredRotation.Benchmarks.Mutants;

/// <summary>The shipped engine over ports that make it miss one rule of the protocol.</summary>
/// <param name="Rule">The rule that is missed.</param>
/// <param name="Classes">Where it can be seen; empty: anywhere.</param>
internal sealed record Mutant(string Name, string Rule, Func<SimulatedPorts, SimulatedPorts> Alter, params string[] Classes)
{
    private const string ReservationType = "application/x-credrotation-reservation";
    private const string StagedType = "application/x-credrotation-staged";

    public static IReadOnlyList<Mutant> All { get; } =
    [
        new("no-reservation", "1", ports => ports with { Vault = new SkippingVault(ports.Vault, ReservationType) }, "timer-issue", "overlap-list"),
        new("issue-sent-not-durable", "1", ports => ports with { Rows = new LazyRows(ports.Rows) }),
        new("value-not-staged", "2", ports => ports with { Vault = new SkippingVault(ports.Vault, StagedType) }, "timer-issue", "overlap-list"),
        new("issue-retried-below", "3", ports => ports with { Provider = new RetryingProvider(ports.Provider) }, "timer-issue", "overlap-list", "overlap-no-list", "in-place-provider-made"),
        new("replay-not-identical", "4", ports => ports with { Provider = new ForgetfulProvider(ports.Provider, ports.Clock) }, "overlap-idempotent", "timer-issue-idempotent", "overlap-caller-made"),
        new("ledger-without-fence", "5", ports => ports with { Rows = new UnfencedRows(ports.Rows) }),
        new("takeover-without-landing", "5", ports => ports with { Provider = new MisstatingProvider(ports.Provider, traits => traits with { LandingMax = TimeSpan.Zero, ListSettle = TimeSpan.Zero }) }),
        new("claim-measured-by-nothing", "5", ports => ports with { Clock = new StandingClock(ports.Clock) }),
        new("anybody-is-an-owner", "6", ports => ports with { Directory = new OpenDirectory(ports.Directory) }),
        new("every-marker-is-ours", "7", ports => ports with { Provider = new LyingList(ports.Provider, isEmpty: false) }, "overlap-list", "overlap-list-lagging"),
        new("no-rehearsal", "8", ports => ports with { Consumers = new UnheardConsumers(ports.Consumers) }, "timer-issue", "pair-provider-made", "in-place-provider-made"),
        new("reload-not-proven", "8", ports => ports with { Rows = Reading(ports.Rows, Adopted) }),
        new("refused-is-promoted", "9", ports => ports with { Provider = new CredulousProvider(ports.Provider) }, "overlap-list", "timer-issue"),
        new("not-yet-is-refused", "10", ports => ports with { Provider = new MisstatingProvider(ports.Provider, traits => traits with { ActivationDelayMax = TimeSpan.Zero }) }, "overlap-list", "timer-issue"),
        new("retires-the-newest", "11", ports => ports with { Provider = new HastyProvider(ports.Provider) }, "overlap-list", "overlap-read-back", "overlap-caller-made"),
        new("no-final-list", "12", ports => ports with { Provider = new LyingList(ports.Provider, isEmpty: true) }, "overlap-list", "overlap-list-lagging", "overlap-two-slots"),
        new("suspects-not-reported", "12", ports => ports with { Rows = Writing(ports.Rows, rotation => rotation["suspects"] = new JsonArray()) }, "overlap-no-list", "overlap-list-ids-only"),
        new("wake-a-day-late", "13", ports => ports with { Rows = new OtherRows(ports.Rows, writes: WakeLate) }, "timer-issue", "timer-first-use"),
        new("end-later-than-the-vendors", "14", ports => ports with { Vault = new MisdatingVault(ports.Vault, end => end + TimeSpan.FromDays(100)) }),
        new("end-too-near", "14", ports => ports with { Vault = new MisdatingVault(ports.Vault, end => end - TimeSpan.FromDays(65)) }),
        new("another-target", "15", ports => ports with { Provider = new StrayingProvider(ports.Provider) }),
        new("approval-not-asked", "16", ports => ports with { Rows = Reading(ports.Rows, Unasked) }),
        new("value-in-the-ledger", "19", ports => ports with { Provider = new TalkativeProvider(ports.Provider) }, "overlap-list", "timer-issue"),
        new("entry-not-as-hashed", "I7", ports => ports with { Rows = new OtherRows(ports.Rows, writes: (key, body) => key.Row.StartsWith("log-", StringComparison.Ordinal) ? body.Replace("\"who\":\"credrotation\"", "\"who\":\"somebody\"", StringComparison.Ordinal) : body) }),
    ];

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
