using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CredRotation.Sandbox.Evidence;

/// <summary>What the check of an evidence file came to.</summary>
/// <param name="FirstAltered">The sequence of the first entry that is not as it was; null when the chain is intact, or when something beside it is not.</param>
public sealed record EvidenceVerdict(bool IsIntact, long? FirstAltered, string Says, int Entries, long FirstSequence, long LastSequence, string? Head, bool IsHeldAgainstHead, IReadOnlyList<string> DoesNotProve);

/// <summary>The file is no evidence of a kind this program knows.</summary>
public sealed class EvidenceUnreadableException(string message) : Exception(message);

/// <summary>
/// Checks an evidence file by itself: every hash is computed from the text that is there. It shares no code with the ledger, so that a fault of
/// one is not a fault of both.
/// </summary>
public static class EvidenceCheck
{
    private const int EntriesMax = 10_000;
    private static readonly string s_genesis = new('0', 64);

    /// <param name="head">A head that left the ledger, <c>sequence:hash</c>; null when there is none at hand.</param>
    public static EvidenceVerdict Run(ReadOnlyMemory<byte> file, (long Sequence, string Hash)? head)
    {
        try
        {
            return Judge(file, head);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, or bytes that are no text.
            throw new EvidenceUnreadableException("The file holds text that is none.");
        }
    }

    private static EvidenceVerdict Judge(ReadOnlyMemory<byte> file, (long Sequence, string Hash)? head)
    {
        using var document = Parse(file);
        var root = document.RootElement;
        if (root.ValueKind is not JsonValueKind.Object || Number(root, "format") is not { } format) throw new EvidenceUnreadableException("This is no evidence file: it has no 'format'.");
        if (format != 1) throw new EvidenceUnreadableException($"This evidence has format {format}; this program reads format 1. Use the version that made it.");

        var links = ReadLinks(root);
        if (Number(root, "firstSequence") is not { } first || root.TryGetProperty("head", out var headElement) is false || Number(headElement, "sequence") is not { } headSequence || Text(headElement, "hash") is not { } headHash)
            throw new EvidenceUnreadableException("This evidence names no 'firstSequence' or no 'head'.");

        var chain = CheckChain(links, first, (headSequence, headHash), head);
        var (altered, says) = chain.Says is null ? (null, CheckBeside(root, links)) : chain;
        var isIntact = says is null;
        return new EvidenceVerdict(isIntact, altered,
            says ?? (head is null
                ? $"All {links.Count} entries link up to the head that the file names. No head from outside was given, so a chain that was rewritten as a whole would look the same."
                : $"All {links.Count} entries link up, and the chain holds the head that left the ledger."),
            links.Count, first, links.Count == 0 ? 0 : links[^1].Sequence, links.Count == 0 ? null : links[^1].Hash, head is not null, Limits(root));
    }

    private static (long? Altered, string? Says) CheckChain(List<Link> links, long first, (long Sequence, string Hash) named, (long Sequence, string Hash)? outside)
    {
        if (links.Count == 0) return (null, "The file holds no entries.");
        for (var index = 0; index < links.Count; index++)
        {
            var (link, expected) = (links[index], first + index);
            if (link.Sequence != expected)
            {
                return links.Skip(index).Any(later => later.Sequence == expected) ? (expected, $"Entry {expected} is not in its place: the order was changed, or entries were put in before it.")
                    : link.Sequence > expected ? (expected, $"Entry {expected} is missing.")
                    : (expected, $"Where entry {expected} belongs stands one that calls itself {link.Sequence}: it was put in or altered.");
            }

            var previous = index == 0 ? (first == 1 ? s_genesis : link.Previous) : links[index - 1].Hash;
            if (link.Previous == previous) continue;
            if (index == 0) return (link.Sequence, "Entry 1 does not begin a chain: it was altered, or entries before it were removed.");

            // One of the two was altered. Whichever is vouched for by what comes after it is not the one.
            var isVouchedFor = index + 1 < links.Count ? links[index + 1].Previous == link.Hash : named.Sequence == link.Sequence && named.Hash == link.Hash;
            return isVouchedFor
                ? (links[index - 1].Sequence, $"Entry {links[index - 1].Sequence} was altered: entry {link.Sequence} remembers another text of it.")
                : (link.Sequence, $"Entry {link.Sequence} was altered: it does not follow entry {links[index - 1].Sequence}, and nothing after it remembers it as it is.");
        }

        var last = links[^1];
        if (named.Sequence > last.Sequence) return (last.Sequence + 1, $"Entries {last.Sequence + 1} to {named.Sequence} are missing: the file names a later head.");
        if (named.Sequence != last.Sequence || named.Hash != last.Hash) return (last.Sequence, $"Entry {last.Sequence}, the last one, or the head that the file names was altered: they differ.");
        return outside is { } head ? CheckOutside(links, head) : (null, null);
    }

    private static (long? Altered, string? Says) CheckOutside(List<Link> links, (long Sequence, string Hash) head)
    {
        if (head.Sequence > links[^1].Sequence) return (links[^1].Sequence + 1, $"A head of entry {head.Sequence} left the ledger, and the file ends at {links[^1].Sequence}: entries were cut off.");
        if (head.Sequence < links[0].Sequence) return (null, $"The head is of entry {head.Sequence}; the file begins at {links[0].Sequence}. Give a later head.");
        var link = links[(int)(head.Sequence - links[0].Sequence)];
        return link.Hash == head.Hash ? (null, null) : (head.Sequence, $"Entry {head.Sequence} is not the one whose head left the ledger: it, or one before it, was rewritten together with everything after.");
    }

    /// <summary>What stands beside the chain and must be found in it.</summary>
    private static string? CheckBeside(JsonElement root, List<Link> links)
    {
        var (rotation, planHash) = (Text(root, "rotation"), Text(root, "planHash"));
        if (Text(root, "planText") is { } plan && Hash(plan) != planHash) return "The plan is not the one that was approved: its text does not have the hash that the file names.";

        var ours = links.Where(link => link.Rotation == rotation).ToList();
        if (ours.Count == 0) return $"No entry is about rotation {rotation}.";
        var opened = ours.FirstOrDefault(link => link.What == "Detected");
        if (opened is not null && opened.Data("planHash") != planHash) return $"The plan is not the one that entry {opened.Sequence} froze.";
        if (root.TryGetProperty("approvals", out var approvals) && approvals.ValueKind is JsonValueKind.Array)
        {
            foreach (var approval in approvals.EnumerateArray())
            {
                var person = Text(approval, "personId");
                if (!ours.Any(link => link.What == "Approved" && link.Who == $"person:{person}" && link.Data("planHash") == Text(approval, "planHash"))) return $"The approval by {Short(person)} is in no entry.";
            }
        }

        var proof = Text(root, "retireProof");
        return proof is not null && ours.FirstOrDefault(link => link.What == "Retired") is { } retired && retired.Why != proof ? $"The proof of retirement is not the one that entry {retired.Sequence} holds." : null;
    }

    private static List<Link> ReadLinks(JsonElement root)
    {
        if (!root.TryGetProperty("entries", out var entries) || entries.ValueKind is not JsonValueKind.Array) throw new EvidenceUnreadableException("This evidence holds no list of 'entries'.");
        if (entries.GetArrayLength() > EntriesMax) throw new EvidenceUnreadableException($"This evidence holds more than {EntriesMax} entries.");

        var links = new List<Link>();
        foreach (var entry in entries.EnumerateArray())
        {
            if (entry.ValueKind is not JsonValueKind.String) throw new EvidenceUnreadableException($"Entry number {links.Count + 1} of the file is no text.");
            links.Add(Link.Of(entry.GetString()!));
        }

        return links;
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> file)
    {
        try
        {
            return JsonDocument.Parse(file, new JsonDocumentOptions { MaxDepth = 32 });
        }
        catch (JsonException)
        {
            throw new EvidenceUnreadableException("The file is no readable JSON.");
        }
    }

    private static IReadOnlyList<string> Limits(JsonElement root)
        => root.TryGetProperty("doesNotProve", out var limits) && limits.ValueKind is JsonValueKind.Array
            ? [.. limits.EnumerateArray().Where(limit => limit.ValueKind is JsonValueKind.String).Take(20).Select(limit => Short(limit.GetString(), 300))]
            : [];

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static long? Number(JsonElement element, string name)
        => element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    private static string? Text(JsonElement element, string name)
        => element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    /// <summary>A text of the file as it may be shown.</summary>
    private static string Short(string? text, int max = 60) => new([.. (text ?? "nobody").Take(max).Select(c => char.IsControl(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format ? '?' : c)]);

    /// <summary>One entry: its own hash from its text, and what the text says.</summary>
    private sealed record Link(long Sequence, string? Previous, string Hash, string? Rotation, string? Who, string? What, string? Why, IReadOnlyDictionary<string, string> DataTexts)
    {
        public string? Data(string name) => DataTexts.GetValueOrDefault(name);

        public static Link Of(string text)
        {
            var hash = EvidenceCheck.Hash(text);
            try
            {
                using var entry = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 32 });
                var root = entry.RootElement;
                var data = new Dictionary<string, string>(StringComparer.Ordinal);
                if (root.ValueKind is JsonValueKind.Object && root.TryGetProperty("data", out var facts) && facts.ValueKind is JsonValueKind.Object)
                {
                    foreach (var fact in facts.EnumerateObject().Where(fact => fact.Value.ValueKind is JsonValueKind.String)) data[fact.Name] = fact.Value.GetString()!;
                }

                return new Link(Number(root, "sequence") ?? -1, Text(root, "previous"), hash, Text(root, "rotation"), Text(root, "who"), Text(root, "what"), Text(root, "why"), data);
            }
            catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException or ArgumentException)
            {
                // Altered so far that it is no entry any more: it takes no place in the chain.
                return new Link(-1, null, hash, null, null, null, null, new Dictionary<string, string>());
            }
        }
    }
}
