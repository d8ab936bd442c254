using System.Text.Json;

namespace CredRotation.Engine.Registry;

/// <summary>Asks a row for its format before anything else is read of it: whatever else is in a newer one may have changed.</summary>
internal static class RowFormat
{
    /// <summary>Of rows from before it was written, and of those that are no object.</summary>
    private const int First = 1;

    public const string OthersGoOn = "Its apps keep the credential they run, and every other credential is rotated as before.";

    /// <param name="what">Names the row for people, as the beginning of a sentence.</param>
    /// <param name="works">What goes on without it, as a sentence.</param>
    public static T Read<T>(string body, int current, string what, string works = OthersGoOn)
    {
        Check(Of(body), current, what, works);
        return EngineJson.Read<T>(body);
    }

    public static void Check(int format, int current, string what, string works)
    {
        if (format > current) throw new NewerFormatException(what, format, current, works);
    }

    public static bool IsNewer(string body, int current) => Of(body) > current;

    public static int Of(string body)
    {
        try
        {
            return JsonSerializer.Deserialize<Stamp>(body, EngineJson.Options)?.Format ?? First;
        }
        catch (JsonException)
        {
            return First;
        }
    }

    private sealed record Stamp(int Format = First);
}

/// <summary>A row of a newer format: refused untouched.</summary>
public sealed class NewerFormatException(string what, int format, int current, string works)
    : Exception($"{what} was written by a newer version of CredRotation (format {format}, this one reads up to {current}). It is left untouched. {works} {Next}")
{
    /// <summary>What to do about any such row.</summary>
    public const string Next = "Deploy the newer version again.";

    public string WhatHappened { get; } = $"{what} was written by a newer version of CredRotation (format {format}, this one reads up to {current}). It is left untouched.";

    public string WhatStillWorks { get; } = works;
}
