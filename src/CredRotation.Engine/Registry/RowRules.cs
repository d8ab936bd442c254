namespace CredRotation.Engine.Registry;

/// <summary>The checks every row store makes before it touches anything, so that what one accepts all accept. A breach is a bug of the caller.</summary>
public static class RowRules
{
    /// <summary>Characters of each part of a key.</summary>
    public const int KeyMax = 250;

    public static void CheckKey(RowKey key)
    {
        CheckPart(key.Partition, "partition");
        CheckPart(key.Row, "row");
    }

    public static void CheckBody(string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (body.Length > RowLimits.BodyMax) throw new ArgumentException($"A row's body has at most {RowLimits.BodyMax} characters; this one has {body.Length}.", nameof(body));
    }

    public static void CheckBatch(string partition, IReadOnlyList<RowChange> changes)
    {
        CheckPart(partition, "partition");
        if (changes.Count > RowLimits.BatchMax) throw new ArgumentException($"A batch has at most {RowLimits.BatchMax} changes; this one has {changes.Count}.", nameof(changes));

        var rows = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            CheckKey(change.Key);
            if (change.Key.Partition != partition) throw new ArgumentException($"A batch stays within its partition '{partition}'; '{change.Key.Partition}' is another one.", nameof(changes));
            if (!rows.Add(change.Key.Row)) throw new ArgumentException($"A batch changes a row once; '{change.Key.Row}' is named twice.", nameof(changes));
            if (BodyOf(change) is { } body) CheckBody(body);
        }
    }

    public static void CheckScan(string partition, string prefix, string? next)
    {
        CheckPart(partition, "partition");
        if (prefix.Length > 0) CheckPart(prefix, "prefix");
        if (next is not null) CheckPart(next, "continuation");
    }

    private static string? BodyOf(RowChange change) => change switch
    {
        RowChange.Insert insert => insert.Body,
        RowChange.Replace replace => replace.Body,
        _ => null,
    };

    // Printable ASCII without the characters a table service refuses: there, ordinal order is the same for every store.
    private static void CheckPart(string? part, string name)
    {
        if (part is not { Length: > 0 and <= KeyMax } || part.Any(c => c is <= ' ' or > '~' or '/' or '\\' or '#' or '?'))
            throw new ArgumentException($"A row key's {name} has 1 to {KeyMax} printable ASCII characters without '/', '\\', '#' and '?'.", name);
    }
}
