using CredRotation.Engine;

namespace CredRotation.Sandbox.Replay;

/// <summary>The remote calls that one rotation in time needs, and no others: a missing one and one too many both fail a replay.</summary>
internal static class CallPlan
{
    private static readonly IReadOnlyList<(string Kind, string Operation)> s_inTime =
    [
        ("notification", "tell of the hold"),
        ("consumer", "rehearse checkout"),
        ("vault", "read current secret"),
        ("vault", "read management credential management"),
        ("vault", "confirm writable"),
        ("provider", "read target"),
        ("provider", "probe current credential"),
        ("vault", "reserve staging"),
        ("provider", "issue"),
        ("vault", "stage value"),
        ("provider", "probe new credential"),
        ("vault", "write new version"),
        ("vault", "list versions"),
        ("consumer", "signal checkout"),
        ("vault", "read current secret"),
        ("vault", "read old secret"),
        ("provider", "probe old credential"),
        ("provider", "control probe"),
        ("vault", "discard staged value"),
        ("notification", "tell the owners"),
    ];

    public const int CallsMax = 20;

    public static IEnumerable<string> Differences(IReadOnlyList<RemoteCall> calls)
    {
        if (calls.Count > CallsMax) yield return $"{calls.Count} remote calls, at most {CallsMax} are allowed.";
        foreach (var call in calls.Where(call => call.Rule.Length == 0)) yield return $"{call.Kind} '{call.Operation}' names no rule.";
        var left = calls.Select(call => (call.Kind, call.Operation)).ToList();
        foreach (var expected in s_inTime)
        {
            if (!left.Remove(expected)) yield return $"Required call missing: {expected.Kind} '{expected.Operation}'.";
        }

        foreach (var (kind, operation) in left) yield return $"Call that no step needs: {kind} '{operation}'.";
    }
}
