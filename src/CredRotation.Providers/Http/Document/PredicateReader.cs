using System.Text.Json;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads one thing that an answer must show.</summary>
internal static class PredicateReader
{
    public static Predicate? Read(Node node, TemplateRules rules)
    {
        if (!node.IsObjectOf("pointer", "exists", "absent", "equals", "lessOrEqual")
            || node.Need("pointer", "write a JSON Pointer")?.Pointer() is not { } pointer)
            return null;

        var tests = node.Members().Where(member => member.Name is "exists" or "absent" or "equals" or "lessOrEqual").ToList();
        if (tests is not [var (name, value)])
        {
            node.Problem("does not say exactly one thing about its place", "use one of exists, absent, equals, lessOrEqual");
            return null;
        }

        if (name is "exists" or "absent")
        {
            if (!value.Flag()) value.Problem("says the opposite", "write true; use absent for \"not exists\" and the other way round");
            return name is "exists" ? new Predicate.Exists(pointer) : new Predicate.Absent(pointer);
        }

        if (value.Kind is JsonValueKind.Number && value.Element.TryGetDecimal(out var number))
            return name is "equals" ? new Predicate.EqualsNumber(pointer, number) : new Predicate.LessOrEqual(pointer, number);

        if (name is "equals" && value.Kind is JsonValueKind.True or JsonValueKind.False) return new Predicate.EqualsFlag(pointer, value.Kind is JsonValueKind.True);
        if (name is "equals" && value.Kind is JsonValueKind.String) return Template.Read(value, rules) is { } text ? new Predicate.EqualsText(pointer, text) : null;

        value.Problem("cannot be compared", name is "equals" ? "use a text, a number, true or false" : "use a number");
        return null;
    }
}
