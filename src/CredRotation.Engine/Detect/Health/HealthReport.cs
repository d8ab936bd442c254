namespace CredRotation.Engine.Detect.Health;

/// <summary>Whether everything that must run does. For anybody to read: names and ages, no vault, no secret, no error text.</summary>
public sealed record HealthReport(bool IsOk, IReadOnlyList<HealthLine> Heartbeats);

/// <summary>One heartbeat, judged.</summary>
/// <param name="Name">For a vault its place in the settings, which tells an operator which one and a stranger nothing.</param>
/// <param name="AgeSeconds">Since the last success; null while there was none.</param>
/// <param name="HasTrouble">The newest run had trouble. Late is only what had no success for too long.</param>
public sealed record HealthLine(string Name, bool IsOk, DateTimeOffset? SucceededOn, double? AgeSeconds, double LateAfterSeconds, bool HasTrouble, string? WhatIsLate, string? WhatStillWorks, string? Next);
