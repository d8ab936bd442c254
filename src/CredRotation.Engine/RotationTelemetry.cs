using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;

namespace CredRotation.Engine;

/// <summary>
/// What monitoring sees: one trace per rotation across all its visits, one duration per step, and counts of what a person is alerted of. Dimensions
/// are words of ours, never the name of a vault, a secret or a person. Without a listener it costs nothing.
/// </summary>
public static class RotationTelemetry
{
    /// <summary>Of the activity source and of the meter.</summary>
    public const string Name = "CredRotation";

    /// <summary>Every step of the protocol has a duration named after it: <c>credrotation.issue.duration</c>, in seconds.</summary>
    public static IReadOnlyList<string> Steps { get; } = ["detect", "authorize", "issue", "verify", "promote", "reload", "retire"];

    /// <summary>Every count there is: alerts are made of them.</summary>
    public static IReadOnlyList<string> Counts { get; } = ["credrotation.hold", "credrotation.incident", "credrotation.poison", "credrotation.heartbeat", "credrotation.finding"];

    private static readonly ActivitySource s_source = new(Name);
    private static readonly Meter s_meter = new(Name);
    private static readonly Dictionary<string, Histogram<double>> s_durations = Steps.ToDictionary(step => step, step => s_meter.CreateHistogram<double>($"credrotation.{step}.duration", "s", $"How long a turn of {step} took, its remote calls included."));
    private static readonly Counter<long> s_holds = s_meter.CreateCounter<long>(Counts[0], "{hold}", "Rotations that began to wait for a person, by reason.");
    private static readonly Counter<long> s_incidents = s_meter.CreateCounter<long>(Counts[1], "{incident}", "Incidents that were opened.");
    private static readonly Counter<long> s_poison = s_meter.CreateCounter<long>(Counts[2], "{message}", "Messages that failed on every attempt, by queue.");
    private static readonly Counter<long> s_heartbeats = s_meter.CreateCounter<long>(Counts[3], "{beat}", "Sweeps, wake-ups and anchors that succeeded, by name.");
    private static readonly Counter<long> s_findings = s_meter.CreateCounter<long>(Counts[4], "{finding}", "Findings that were new, by code.");

    public static void CountPoison(string queue) => s_poison.Add(1, new KeyValuePair<string, object?>("queue", queue));

    internal static void CountHeartbeat(string name) => s_heartbeats.Add(1, new KeyValuePair<string, object?>("name", name));

    internal static void CountFinding(string code) => s_findings.Add(1, new KeyValuePair<string, object?>("code", code));

    /// <summary>Called once for each note that the ledger now holds, so that a count is never of what was only tried.</summary>
    internal static void CountNote(LedgerNote note)
    {
        if (note.What is "IncidentOpened") s_incidents.Add(1);
        else if (note.What is "Held") s_holds.Add(1, new KeyValuePair<string, object?>("reason", note.Data?["reason"]?.ToString()));
    }

    /// <summary>
    /// The trace of a rotation, made of its id alone: it needs no place in a row or message, outlives every restart, and two hosts make the same.
    /// </summary>
    public static ActivityContext ContextOf(RotationId rotation)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"trace/{rotation.Value}"));
        return new ActivityContext(ActivityTraceId.CreateFromBytes(hash.AsSpan(0, 16)), ActivitySpanId.CreateFromBytes(hash.AsSpan(16, 8)), ActivityTraceFlags.Recorded, isRemote: true);
    }

    /// <summary>A visit, in the trace of the rotation that it found open; null where nobody listens.</summary>
    internal static Activity? StartVisit(CredentialId credential, RotationId? rotation)
    {
        var activity = rotation is { } open ? s_source.StartActivity("visit", ActivityKind.Consumer, ContextOf(open)) : s_source.StartActivity("visit", ActivityKind.Consumer);
        return activity?.SetTag("credrotation.credential", credential.Value).SetTag("credrotation.rotation", rotation?.Value);
    }

    internal static StepTurn StartStep(string step, RotationId? rotation) => new(step, rotation);

    /// <summary>One turn of a step, measured by the machine's own clock.</summary>
    internal sealed class StepTurn : IDisposable
    {
        private readonly string _step;
        private readonly Activity? _activity;
        private readonly long _started = Stopwatch.GetTimestamp();

        public StepTurn(string step, RotationId? rotation)
        {
            _step = step;
            // A rotation that this visit opened has a trace of its own.
            var isOther = rotation is { } id && Activity.Current?.TraceId != ContextOf(id).TraceId;
            _activity = isOther ? s_source.StartActivity(step, ActivityKind.Internal, ContextOf(rotation!.Value)) : s_source.StartActivity(step);
            _activity?.SetTag("credrotation.rotation", rotation?.Value);
        }

        /// <summary><c>moved</c>, <c>waits</c> or <c>held</c>; what throws before it says so is <c>trouble</c>.</summary>
        public string Outcome { private get; set; } = "trouble";

        public void Dispose()
        {
            if (s_durations.TryGetValue(_step, out var duration)) duration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds, new KeyValuePair<string, object?>("outcome", Outcome));
            _activity?.SetTag("credrotation.outcome", Outcome);
            if (Outcome is "trouble") _activity?.SetStatus(ActivityStatusCode.Error);
            _activity?.Dispose();
        }
    }
}
