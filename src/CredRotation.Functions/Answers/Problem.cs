using CredRotation.Engine.Registry;

namespace CredRotation.Functions.Answers;

/// <summary>Why a call was not done, in people's words: what happened, what still works, what to do next.</summary>
/// <param name="Open">Id of the rotation that stands in the way, if one does.</param>
public sealed record Problem(int Status, string Title, string Detail, string WhatStillWorks, string Next, string? Open = null)
{
    /// <summary>When to come back; null: nobody knows.</summary>
    public int? RetryAfterSeconds { get; init; }

    private const string NothingChanged = "Nothing was changed. Rotations go on as they were.";

    public static Problem NotSignedIn { get; } = new(401, "Nobody is signed in", "This call needs a signed-in caller.", NothingChanged, "Sign in, then repeat the call.");

    public static Problem NotFound { get; } = new(404, "Not found", "There is nothing under this address.", NothingChanged, "Open the list of credentials and start from there.");

    public static Problem NoSecretName { get; } = BadRequest("'vault' is https://<vault>/ and 'secret' a name of 1 to 127 characters of 0-9, a-z and '-'.");

    public static Problem DirectorySilent { get; } = new(503, "The directory did not answer", "Whether you own this credential could not be read just now.", NothingChanged, "Repeat the call in a minute. If it goes on, check the app's permission to read groups.");

    public static Problem NotAllowed(string detail) => new(403, "Not allowed", detail, NothingChanged, "Ask a member of the credential's owner group, or the platform team for a role.");

    public static Problem BadRequest(string detail) => new(400, "Not understood", detail, NothingChanged, "Correct the request and repeat it.");

    public static Problem MovedOn(string detail) => new(412, "It moved on", detail, "Nothing was recorded. The rotation goes on by its plan.", "Read the rotation again and decide on what it shows now.");

    public static Problem Conflict(string detail, string? open) => new(409, "Not now", detail, NothingChanged, open is null ? "See the detail." : "Follow the open rotation.", open);

    public static Problem TooMany(TimeSpan wait)
    {
        var seconds = (int)Math.Ceiling(wait.TotalSeconds);
        return new(429, "Too many calls", "You made this call too often within a minute.", NothingChanged, $"Repeat it in {seconds.ToString(System.Globalization.CultureInfo.InvariantCulture)} {(seconds == 1 ? "second" : "seconds")}.") { RetryAfterSeconds = seconds };
    }

    public static Problem Unavailable(string detail) => new(503, "A remote had trouble", detail, "What was recorded before stands. Rotations go on from the registry.", "Repeat the call in a minute; repeating is harmless.");

    public static Problem Newer(NewerFormatException newer)
    {
        ArgumentNullException.ThrowIfNull(newer);
        return new(503, "A newer version wrote this", newer.WhatHappened, newer.WhatStillWorks, NewerFormatException.Next);
    }
}
