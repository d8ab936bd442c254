using System.Text;

namespace CredRotation.Providers.Databases.PostgreSql;

/// <summary>Two login roles that consumers run by turns: while they run one, the other gets its next password.</summary>
internal sealed record RolePair(string First, string Second)
{
    // Longer names the server would cut off without a word, and two of them could become one.
    private const int NameBytesMax = 63;

    public string? Find(string? role) => role == First ? First : role == Second ? Second : null;

    public string Other(string role) => role == First ? Second : First;

    public bool IsUsable => First != Second && IsName(First) && IsName(Second);

    /// <summary>PostgreSQL manual, "Identifiers and Key Words": quoted, with quotes in it doubled.</summary>
    public static string Quote(string role) => $"\"{role.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static bool IsName(string name) => name.Length > 0 && !name.Any(char.IsControl) && Encoding.UTF8.GetByteCount(name) <= NameBytesMax;
}
