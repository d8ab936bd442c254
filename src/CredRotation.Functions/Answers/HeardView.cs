namespace CredRotation.Functions.Answers;

/// <summary>What was said went into the inbox; the next visit judges it.</summary>
public sealed record HeardView(string Id, bool IsRecorded);
