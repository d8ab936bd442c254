using System.Globalization;

namespace CredRotation.Engine;

/// <summary>How instants are written for people and in entries: ISO 8601 UTC.</summary>
public static class EngineTime
{
    public static string Text(DateTimeOffset instant) => instant.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
