using CredRotation.Engine;
using CredRotation.Sandbox.World;

namespace CredRotation.Sandbox.Replay;

/// <summary>The remote calls that a rotation needs, and no others: a missing one and one too many both fail a replay.</summary>
internal sealed class CallPlan(int callsMax, IReadOnlyList<(string Kind, string Operation)> plan)
{
    private static readonly IReadOnlyList<(string Kind, string Operation)> s_rotation =
    [
        ("notification", "tell of the hold"),
        ("consumer", "rehearse checkout"),
        ("vault", "read current secret"),
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
        ("event", "publish the completed rotation"),
        ("notification", "tell the owners"),
    ];

    private static readonly (string Kind, string Operation) s_management = ("vault", "read management credential management");

    public static CallPlan InTime { get; } = new(20, [.. s_rotation, s_management]);

    /// <summary>
    /// The old credential lives until it is retired: what lives is listed before the issue and again at the close, a person is asked before the
    /// retirement, and what is live is looked at before it, right after it, and again when it is to be proven. Each of the three visits that manage
    /// credentials opens the management credential for itself: none is kept over a wait.
    /// </summary>
    public static CallPlan InTimeWithCredentials { get; } = new(27,
    [
        .. s_rotation, s_management, s_management, s_management,
        ("provider", "list credentials"), ("provider", "list credentials"),
        ("vault", "read current secret"), ("vault", "read current secret"), ("provider", "retire old credential"),
    ]);

    /// <summary>The same, after a look at the live credential that asks for the management credential once more, and the incident's own message.</summary>
    public static CallPlan TooLate { get; } = new(26,
    [
        .. s_rotation, s_management, s_management,
        ("vault", "read current secret"), ("provider", "read target"), ("provider", "probe live credential"), ("notification", "tell of the incident"),
    ]);

    /// <summary>What the traits of the chosen provider ask for.</summary>
    public static CallPlan InTimeOf(SandboxOptions options) => options.HasCredentials ? InTimeWithCredentials : InTime;

    public IEnumerable<string> Differences(IReadOnlyList<RemoteCall> calls)
    {
        if (calls.Count(RemoteCallsReport.IsCounted) is var counted && counted > callsMax) yield return $"{counted} remote calls, at most {callsMax} are allowed.";
        foreach (var call in calls.Where(call => call.Rule.Length == 0)) yield return $"{call.Kind} '{call.Operation}' names no rule.";
        var left = calls.Select(call => (call.Kind, call.Operation)).ToList();
        foreach (var expected in plan)
        {
            if (!left.Remove(expected)) yield return $"Required call missing: {expected.Kind} '{expected.Operation}'.";
        }

        foreach (var (kind, operation) in left) yield return $"Call that no step needs: {kind} '{operation}'.";
    }
}
