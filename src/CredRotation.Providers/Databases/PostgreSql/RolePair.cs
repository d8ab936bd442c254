using System.Text;

namespace CredRotation.Providers.Databases.PostgreSql;

/// <summary>Two login roles.</summary>
internal sealed record RolePair(string First, string Second) : LoginPair(First, Second)
{
    // Longer names the server would cut off without a word, and two of them could become one.
    private const int NameBytesMax = 63;

    public bool IsUsable => First != Second && IsName(First) && IsName(Second);

    /// <summary>PostgreSQL manual, "Identifiers and Key Words": quoted, with quotes in it doubled.</summary>
    public static string Quote(string role) => $"\"{role.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static bool IsName(string name) => name.Length > 0 && !name.Any(char.IsControl) && Encoding.UTF8.GetByteCount(name) <= NameBytesMax;
}
