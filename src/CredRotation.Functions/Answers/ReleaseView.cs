namespace CredRotation.Functions.Answers;

/// <summary>A release, or the request for one, went into the inbox; the next visit judges it.</summary>
/// <param name="IsAsked">The owners are asked: only they release. False: one of them did.</param>
/// <param name="Page">Where it stands.</param>
public sealed record ReleaseView(string Id, bool IsRecorded, bool IsAsked, string Page);
