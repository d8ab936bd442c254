using System.Text.Json;
using CredRotation.Engine.Registry;

namespace CredRotation.Testing.Simulation;

/// <summary>A ledger as anybody could read it: the newest text of each row as JSON. It knows member names and nothing of the engine.</summary>
internal sealed class LedgerText
{
    private readonly Dictionary<string, JsonElement> _rotations = new(StringComparer.Ordinal);
    private readonly List<(string Body, JsonElement Entry)> _log = [];
    private readonly Dictionary<string, int> _claims = new(StringComparer.Ordinal);

    /// <summary>The credential's row; undefined before it was adopted.</summary>
    public JsonElement Row { get; private set; }

    public bool IsAdopted => Row.ValueKind is JsonValueKind.Object;

    public bool IsOpen => IsAdopted && Row.GetProperty("isOpen").GetBoolean();

    public IReadOnlyCollection<JsonElement> Rotations => _rotations.Values;

    public IReadOnlyList<(string Body, JsonElement Entry)> Log => _log;

    /// <summary>How many different claims stood so far; the newest has this number.</summary>
    public int Claims => _claims.Count;

    /// <summary>The rotation that the row names last; undefined before the first.</summary>
    public JsonElement Rotation
        => IsAdopted && _rotations.TryGetValue($"rot-{Row.GetProperty("ordinal").GetInt32():D8}", out var found) ? found : default;

    public DateTimeOffset? WakeOn => IsAdopted ? Time(Row, "wakeOn") : null;

    /// <summary>Takes in what was just written; answers what no ledger may ever do.</summary>
    public IEnumerable<string> Land(IReadOnlyList<RowChange> changes)
    {
        foreach (var change in changes)
        {
            var key = change.Key.Row;
            var isLog = key.StartsWith("log-", StringComparison.Ordinal);
            if (isLog && change is not RowChange.Insert) yield return $"entry {key} was changed after it was written";
            var body = change switch { RowChange.Insert insert => insert.Body, RowChange.Replace replace => replace.Body, _ => null };
            if (body is null || !change.Key.Partition.StartsWith("c-", StringComparison.Ordinal)) continue;
            if (isLog) _log.Add((body, Parse(body)));
            else if (key == "row") Row = Parse(body);
            else if (key.StartsWith("rot-", StringComparison.Ordinal)) _rotations[key] = Parse(body);
        }
    }

    /// <summary>The number of the claim that stands in the row now, a new one if it was never seen; zero: none stands.</summary>
    public int NumberOfClaim()
    {
        if (!IsAdopted || !Row.TryGetProperty("claim", out var claim) || claim.ValueKind is not JsonValueKind.Object) return 0;
        var visit = claim.GetProperty("visit").GetString()!;
        if (!_claims.TryGetValue(visit, out var number)) _claims[visit] = number = _claims.Count + 1;
        return number;
    }

    public static JsonElement Parse(string body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }

    public static string? Text(JsonElement element, string name)
        => element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var found) && found.ValueKind is JsonValueKind.String ? found.GetString() : null;

    public static DateTimeOffset? Time(JsonElement element, string name)
        => element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var found) && found.ValueKind is JsonValueKind.String && found.TryGetDateTimeOffset(out var time) ? time : null;

    public static bool Has(JsonElement element, string name)
        => element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var found) && found.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined);

    public static IEnumerable<JsonElement> Items(JsonElement element, string name)
        => element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var found) && found.ValueKind is JsonValueKind.Array ? found.EnumerateArray() : [];
}
