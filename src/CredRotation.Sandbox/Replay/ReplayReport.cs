using System.Text.Json;
using System.Text.Json.Serialization;

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
    object? Incident,
    IReadOnlyDictionary<string, double> Measured,
    IReadOnlyList<string> Missed)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public string ToJson() => JsonSerializer.Serialize(this, s_json);
}

/// <summary>From the gateway's payment log, both rotations.</summary>
public sealed record PaymentsReport(long Attempted, long Failed);

/// <summary>Canary search over cards, pages, answers, logs and ledger.</summary>
public sealed record KeysReport(int Hits, int KeysSearched, long BytesSearched);

public sealed record RotationReport(string Id, string State, IReadOnlyList<CallReport> Calls, RemoteCallsReport RemoteCalls, int OwnerChecks, int LedgerWrites);

public sealed record CallReport(DateTimeOffset At, string Kind, string Operation, string Rule);

public sealed record RemoteCallsReport(int Provider, int Vault, int Consumers, int Notifications, int Total);
