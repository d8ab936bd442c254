using System.Text.Json;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>One place in a vendor file, which collects what is wrong there and lets the reading go on.</summary>
internal sealed class Node(string file, JsonElement element, string pointer, List<ProviderFileProblem> problems)
{
    public JsonElement Element => element;

    public JsonValueKind Kind => element.ValueKind;

    public void Problem(string what, string remedy) => problems.Add(new ProviderFileProblem(file, pointer, what, remedy));

    /// <summary>Tells of everything but the known members; false when this is no object at all.</summary>
    public bool IsObjectOf(params ReadOnlySpan<string> known)
    {
        if (!IsObject()) return false;

        var names = string.Join(", ", known!);
        foreach (var member in element.EnumerateObject())
            if (!known.Contains(member.Name))
                Member(member).Problem("is not known here", $"remove it, or use one of {names}");
        return true;
    }

    public bool IsObject()
    {
        if (Kind is JsonValueKind.Object) return true;

        Problem("is not an object", "write { ... }");
        return false;
    }

    /// <summary>Null when it is not there.</summary>
    public Node? Find(string name)
        => Kind is JsonValueKind.Object && element.TryGetProperty(name, out var member)
            ? new Node(file, member, JsonPointer.Below(pointer, name), problems)
            : null;

    /// <summary>Null, and a problem, when it is not there.</summary>
    public Node? Need(string name, string remedy)
    {
        var found = Find(name);
        if (found is null && Kind is JsonValueKind.Object) Problem($"lacks the member '{name}'", remedy);
        return found;
    }

    public IEnumerable<(string Name, Node Value)> Members()
        => Kind is JsonValueKind.Object ? element.EnumerateObject().Select(member => (member.Name, Member(member))).ToList() : [];

    public IReadOnlyList<Node> Items()
    {
        if (Kind is JsonValueKind.Array)
            return [.. element.EnumerateArray().Select((item, at) => new Node(file, item, $"{pointer}/{at}", problems))];

        Problem("is not a list", "write [ ... ]");
        return [];
    }

    public string? Text()
    {
        if (Kind is JsonValueKind.String) return element.GetString();

        Problem("is not a text", "write it in quotation marks");
        return null;
    }

    public bool Flag()
    {
        if (Kind is JsonValueKind.True or JsonValueKind.False) return element.GetBoolean();

        Problem("is neither true nor false", "write true or false");
        return false;
    }

    public int? Integer(int least, int most)
    {
        if (Kind is JsonValueKind.Number && element.TryGetInt32(out var number) && number >= least && number <= most) return number;

        Problem($"is not a whole number from {least} to {most}", "correct the number");
        return null;
    }

    public JsonPointer? Pointer()
    {
        if (Text() is not { } text) return null;

        var read = JsonPointer.Parse(text);
        if (read is null) Problem("is not a JSON Pointer (RFC 6901)", "begin with / and write ~0 for ~ and ~1 for /, for example /data/key");
        return read;
    }

    public Predicate? AsPredicate(TemplateRules rules) => PredicateReader.Read(this, rules);

    /// <summary>One of a closed set of words.</summary>
    public T? Choice<T>(params ReadOnlySpan<(string Word, T Meaning)> words)
        where T : struct
    {
        if (Text() is not { } text) return null;

        var known = new List<string>();
        foreach (var (word, meaning) in words)
        {
            if (word == text) return meaning;
            known.Add(word);
        }

        Problem($"says '{Shortened(text)}', which this version does not know", $"use one of {string.Join(", ", known)}");
        return null;
    }

    public IReadOnlyList<int> Statuses()
    {
        var items = Items();
        if (items.Count == 0 && Kind is JsonValueKind.Array) Problem("names no status", "list at least one HTTP status");
        return [.. items.Select(item => item.Integer(100, 599)).OfType<int>()];
    }

    private Node Member(JsonProperty member) => new(file, member.Value, JsonPointer.Below(pointer, member.Name), problems);

    private static string Shortened(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
