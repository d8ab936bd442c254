using System.Text.Json;
using CredRotation.Engine.Registry;

namespace CredRotation.Testing.Simulation;

/// <summary>A ledger as anybody could read it: the newest text of each row as JSON. It knows member names and nothing of the engine.</summary>
internal sealed class LedgerText
{
    // Read when somebody looks: most texts are written over before.
    private readonly Dictionary<string, Lazy<JsonElement>> _rotations = new(StringComparer.Ordinal);
    private readonly List<(string Body, JsonElement Entry)> _log = [];
    private readonly Dictionary<string, string?> _states = new(StringComparer.Ordinal);
    private DateTimeOffset _rowWrittenOn;
    private readonly Dictionary<string, int> _claims = new(StringComparer.Ordinal);

    /// <summary>The credential's row; undefined before it was adopted.</summary>
    public JsonElement Row { get; private set; }

    public bool IsAdopted => Row.ValueKind is JsonValueKind.Object;

    public bool IsOpen => IsAdopted && Row.GetProperty("isOpen").GetBoolean();

    public IEnumerable<JsonElement> Rotations => _rotations.Values.Select(rotation => rotation.Value);

    public IReadOnlyList<(string Body, JsonElement Entry)> Log => _log;

    /// <summary>How many different claims stood so far; the newest has this number.</summary>
    public int Claims => _claims.Count;

    /// <summary>The rotation that the row names last; undefined before the first.</summary>
    public JsonElement Rotation
        => IsAdopted && _rotations.TryGetValue($"rot-{Row.GetProperty("ordinal").GetInt32():D8}", out var found) ? found.Value : default;

    /// <summary>The state of that rotation, found without reading the whole of it; null before the first.</summary>
    public string? State => IsAdopted && _states.TryGetValue($"rot-{Row.GetProperty("ordinal").GetInt32():D8}", out var state) ? state : null;

    public DateTimeOffset? WakeOn => IsAdopted ? Time(Row, "wakeOn") : null;

    /// <summary>When the wait that the row names is over in truth, where the clock that wrote it ran ahead.</summary>
    public DateTimeOffset? WakeOnInTruth => WakeOn is { } wake && Time(Row, "savedOn") is { } saved && _rowWrittenOn + (wake - saved) is var meant && meant < wake ? meant : WakeOn;

    /// <summary>Takes in what was just written; answers what no ledger may ever do.</summary>
    public IEnumerable<string> Land(IReadOnlyList<RowChange> changes, DateTimeOffset now)
    {
        foreach (var change in changes)
        {
            var key = change.Key.Row;
            var isLog = key.StartsWith("log-", StringComparison.Ordinal);
            if (isLog && change is not RowChange.Insert) yield return $"entry {key} was changed after it was written";
            var body = change switch { RowChange.Insert insert => insert.Body, RowChange.Replace replace => replace.Body, _ => null };
            if (body is null || !change.Key.Partition.StartsWith("c-", StringComparison.Ordinal)) continue;
            if (isLog) _log.Add((body, Parse(body)));
            else if (key == "row") (Row, _rowWrittenOn) = (Parse(body), now);
            else if (key.StartsWith("rot-", StringComparison.Ordinal)) (_rotations[key], _states[key]) = (new Lazy<JsonElement>(() => Parse(body)), StateOf(body));
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

    /// <summary>The state in a rotation's text, which is written just before the member that says since when; null in another text.</summary>
    public static string? StateOf(string body)
    {
        var end = body.IndexOf("\"stateOn\":", StringComparison.Ordinal);
        if (end < 0) return null;
        var start = body.LastIndexOf("\"state\":\"", end, StringComparison.Ordinal);
        return start < 0 ? null : body[(start + 9)..(end - 2)];
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
