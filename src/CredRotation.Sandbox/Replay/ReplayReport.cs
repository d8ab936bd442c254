using System.Text.Json;
using System.Text.Json.Serialization;
using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Replay;

/// <summary>What a replay prints: every number comes from counting what the simulated systems saw.</summary>
public sealed record ReplayReport(
    string Day,
    int Seed,
    PaymentsReport Payments,
    int Deployments,
    KeysReport KeysSeenByPeople,
    RotationReport Rotation,
    string SecondRotationState,
    IncidentReport? Incident,
    IReadOnlyDictionary<string, double> Measured,
    IReadOnlyList<string> Missed)
{
    /// <summary>Where it is not the usual one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Provider { get; init; }

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    public static IReadOnlyDictionary<string, double> Measure(long started, TimeSpan replayed) => new Dictionary<string, double>
    {
        ["realSeconds"] = Math.Round(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 1),
        ["replayedDays"] = Math.Round(replayed.TotalDays, 1),
    };
}

/// <summary>From the gateway's payment log, both rotations.</summary>
public sealed record PaymentsReport(long Attempted, long Failed);

/// <summary>Canary search over cards, pages, answers, logs and ledger.</summary>
public sealed record KeysReport(int Hits, int KeysSearched, long BytesSearched)
{
    public static KeysReport Of(CanarySearch canary)
    {
        ArgumentNullException.ThrowIfNull(canary);
        return new(canary.Hits.Count, canary.KeysSearched, canary.BytesSearched);
    }
}

/// <param name="Calls">Of the four kinds that are counted.</param>
/// <param name="Published">Where a topic is configured: each publication of the completed rotation, with its rule. Beside the count, as it is made only where somebody asks for it.</param>
public sealed record RotationReport(string Id, string State, IReadOnlyList<CallReport> Calls, RemoteCallsReport RemoteCalls, IReadOnlyList<PublishedReport> Published, int OwnerChecks, int LedgerWrites)
{
    public static RotationReport Of(Engine.Rotation rotation, int ownerChecks, int ledgerWrites)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        var calls = rotation.Calls.ToLookup(RemoteCallsReport.IsCounted);
        return new(
            rotation.Id.Value,
            rotation.State.ToString(),
            [.. calls[true].Select(call => new CallReport(call.At, call.Kind, call.Operation, call.Rule))],
            RemoteCallsReport.Of(rotation.Calls),
            [.. calls[false].Select(call => new PublishedReport(call.Operation, call.Rule))],
            ownerChecks,
            ledgerWrites);
    }
}

public sealed record CallReport(DateTimeOffset At, string Kind, string Operation, string Rule);

public sealed record PublishedReport(string Operation, string Rule);

public sealed record RemoteCallsReport(int Provider, int Vault, int Consumers, int Notifications, int Total)
{
    /// <summary>What a topic is told is not: see <see cref="RotationReport"/>.</summary>
    public static bool IsCounted(RemoteCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return call.Kind != "event";
    }

    public static RemoteCallsReport Of(IReadOnlyList<RemoteCall> calls)
    {
        int Count(string kind) => calls.Count(call => call.Kind == kind);
        return new(Count("provider"), Count("vault"), Count("consumer"), Count("notification"), calls.Count(IsCounted));
    }
}

/// <summary>The incident of a day that came too late. Members of what is not measured yet are null.</summary>
public sealed record IncidentReport
{
    public required string OpenedBy { get; init; }

    /// <summary>From the first refused payment.</summary>
    public double? FirstSignalAfterSeconds { get; init; }

    /// <summary>From the first signal that reached us.</summary>
    public double? OpenedAfterSeconds { get; init; }

    public double? LeadershipFirstUpdateSeconds { get; init; }

    public int? Updates { get; init; }

    public double? ProviderAnsweredAfterSeconds { get; init; }

    public double? RecoveredAfterSeconds { get; init; }

    public double? ConsumersRecoveredAfterProviderSeconds { get; init; }

    /// <summary>From the gateway's payment log.</summary>
    public long? FailedPaymentsCounted { get; init; }

    /// <summary>From the shop's own count.</summary>
    public long? FailedPaymentsTruth { get; init; }

    public int? RefundsListed { get; init; }

    public int? RefundsTruth { get; init; }

    public double? ReportAfterRecoverySeconds { get; init; }
}
