using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Findings;

/// <summary>
/// What is stored of every finding, in a few bytes each, so that a sweep knows without a read whether there is anything to write. A sweep of
/// a hundred thousand secrets must not hold their findings.
/// </summary>
internal sealed class KnownFindings
{
    private readonly Dictionary<UInt128, Known> _known = [];

    public int Seen { get; private set; }

    public void Add(StoredRow row, ObjectFinding found) => _known[Key(row.Key)] = new Known(Content(found), Minute(found.LastSeenOn), IsSeen: false, IsStored: true);

    /// <summary>Notes that it was seen; false when it was already.</summary>
    public bool See(RowKey key)
    {
        var name = Key(key);
        var known = _known.GetValueOrDefault(name);
        if (known.IsSeen) return false;
        _known[name] = known with { IsSeen = true };
        Seen++;
        return true;
    }

    public bool IsSeen(RowKey key) => _known.GetValueOrDefault(Key(key)).IsSeen;

    public bool IsStored(RowKey key) => _known.GetValueOrDefault(Key(key)).IsStored;

    /// <summary>Whether the stored one says the same and was last seen not long before.</summary>
    public bool Says(RowKey key, ObjectFinding seen, TimeSpan step)
        => _known.TryGetValue(Key(key), out var known) && known.IsStored && known.Content == Content(seen) && Minute(seen.LastSeenOn) - known.LastSeenOn < (int)step.TotalMinutes;

    private static int Minute(DateTimeOffset instant) => (int)(instant.UtcTicks / TimeSpan.TicksPerMinute);

    // The row's name is a hash already; half of another one tells a hundred thousand apart.
    private static UInt128 Key(RowKey key) => Half(Encoding.ASCII.GetBytes(key.Row));

    /// <summary>Everything that a write would change but its ages.</summary>
    private static ulong Content(ObjectFinding found)
        => (ulong)Half(EngineJson.Bytes(found with { Finding = found.Finding with { Since = default }, LastSeenOn = default, AnnouncedOn = null, AnnouncedWeight = null }));

    /// <summary>Half of a hash, which tells any number of texts apart that a sweep may meet.</summary>
    public static UInt128 Half(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return new UInt128(BitConverter.ToUInt64(hash), BitConverter.ToUInt64(hash[8..]));
    }

    private readonly record struct Known(ulong Content, int LastSeenOn, bool IsSeen, bool IsStored);
}
