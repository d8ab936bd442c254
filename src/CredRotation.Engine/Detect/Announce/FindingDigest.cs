using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Announce;

/// <summary>
/// What one message says, gathered in three passes over all findings: how bad each object is, which are the worst, what is known of those. Of
/// the others it holds a few bytes, however many there are.
/// </summary>
internal sealed class FindingDigest
{
    private static readonly Comparer<(int Weight, DateTimeOffset End, string Name)> WorstFirst = Comparer<(int Weight, DateTimeOffset End, string Name)>.Create((one, other)
        => one.Weight != other.Weight ? other.Weight.CompareTo(one.Weight) : one.End != other.End ? one.End.CompareTo(other.End) : string.CompareOrdinal(one.Name, other.Name));

    private readonly Dictionary<UInt128, int> _weights = [];
    private readonly SortedSet<(int Weight, DateTimeOffset End, string Name)> _worst = new(WorstFirst);
    private readonly Dictionary<string, List<ObjectFinding>> _told = new(StringComparer.Ordinal);

    public int Objects => _weights.Count;

    public void Weigh(ObjectFinding found)
    {
        var key = KeyOf(found);
        _weights[key] = Math.Max(found.Finding.Weight, _weights.GetValueOrDefault(key, int.MinValue));
    }

    public void Rank(ObjectFinding found)
    {
        if (_weights.GetValueOrDefault(KeyOf(found), int.MinValue) != found.Finding.Weight) return;
        _worst.Add((found.Finding.Weight, found.ExpiresOn ?? DateTimeOffset.MaxValue, found.About.ToString()));
        if (_worst.Count > FindingNotices.LinesMax) _worst.Remove(_worst.Max);
    }

    public void Gather(ObjectFinding found)
    {
        if (_told.Count == 0)
            foreach (var (_, _, name) in _worst) _told[name] = [];
        if (_told.TryGetValue(found.About.ToString(), out var same)) same.Add(found);
    }

    /// <summary>Whether it was weighed.</summary>
    public bool Has(ObjectFinding found) => _weights.TryGetValue(KeyOf(found), out var weight) && found.Finding.Weight <= weight;

    public int Count(FindingSeverity severity) => _weights.Values.Count(weight => weight / Finding.SeverityStep == (int)severity);

    /// <summary>The worst objects, the worst first, each with its findings, the worst first.</summary>
    public IReadOnlyList<IReadOnlyList<ObjectFinding>> Worst
        => [.. _worst.Select(one => one.Name).Distinct().Select(name => _told[name].OrderByDescending(found => found.Finding.Weight).ToList()).Where(found => found.Count > 0)];

    private static UInt128 KeyOf(ObjectFinding found) => KnownFindings.Half(System.Text.Encoding.UTF8.GetBytes(found.About.ToString()));
}
