using System.IO.Compression;
using System.Text;

namespace CredRotation.Engine.Detect.Inventory;

/// <summary>One kind of one vault's objects on their way into few rows, packed until the list is whole: a list that breaks off changes nothing.</summary>
internal sealed class WatchedList
{
    // A name has at most 127 characters and tags are not kept: a part stays far below a row's bound.
    private const int PartMax = 500;

    private readonly List<WatchedObjects.Line> _lines = [];
    private readonly List<byte[]> _parts = [];

    public void Add(VaultObject seen)
    {
        _lines.Add(new WatchedObjects.Line(seen.Name, seen.IsEnabled, seen.ExpiresOn, seen.CreatedOn, seen.IsManaged));
        if (_lines.Count == PartMax) Pack();
    }

    /// <summary>The rows' bodies in order.</summary>
    public IEnumerable<string> Bodies()
    {
        if (_lines.Count > 0) Pack();
        return _parts.Select(Unpacked);
    }

    private void Pack()
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest)) brotli.Write(EngineJson.Bytes(new WatchedObjects.Part([.. _lines])));
        _parts.Add(packed.ToArray());
        _lines.Clear();
    }

    private static string Unpacked(byte[] part)
    {
        using var text = new StreamReader(new BrotliStream(new MemoryStream(part), CompressionMode.Decompress), Encoding.UTF8);
        return text.ReadToEnd();
    }
}
