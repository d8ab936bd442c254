using System.Text.Json;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Answers;

/// <summary>One thing an answer's body must show. A JSON null counts as absent, and types are never converted.</summary>
internal abstract record Predicate(JsonPointer Pointer)
{
    public abstract bool Holds(JsonBody body, TemplateValues values);

    /// <summary>Whether the place says it at all, one way or the other.</summary>
    public virtual bool IsTold(JsonBody body) => true;

    /// <summary>The templates that must be filled to compare.</summary>
    public virtual IEnumerable<Template> Templates => [];

    public sealed record Exists(JsonPointer Pointer) : Predicate(Pointer)
    {
        public override bool Holds(JsonBody body, TemplateValues values) => body.Find(Pointer) is not null;
    }

    public sealed record Absent(JsonPointer Pointer) : Predicate(Pointer)
    {
        public override bool Holds(JsonBody body, TemplateValues values) => body.Find(Pointer) is null;
    }

    public sealed record EqualsText(JsonPointer Pointer, Template Expected) : Predicate(Pointer)
    {
        public override bool Holds(JsonBody body, TemplateValues values)
            => string.Equals(body.Text(Pointer), Expected.Expand(values), StringComparison.Ordinal);

        public override bool IsTold(JsonBody body) => body.Text(Pointer) is not null;

        public override IEnumerable<Template> Templates => [Expected];
    }

    public sealed record EqualsFlag(JsonPointer Pointer, bool Expected) : Predicate(Pointer)
    {
        public override bool Holds(JsonBody body, TemplateValues values)
            => body.Find(Pointer)?.ValueKind == (Expected ? JsonValueKind.True : JsonValueKind.False);

        public override bool IsTold(JsonBody body) => body.Find(Pointer) is { ValueKind: JsonValueKind.True or JsonValueKind.False };
    }

    public sealed record EqualsNumber(JsonPointer Pointer, decimal Expected) : Predicate(Pointer)
    {
        public override bool Holds(JsonBody body, TemplateValues values) => body.Number(Pointer) == Expected;

        public override bool IsTold(JsonBody body) => body.Number(Pointer) is not null;
    }

    public sealed record LessOrEqual(JsonPointer Pointer, decimal Most) : Predicate(Pointer)
    {
        public override bool Holds(JsonBody body, TemplateValues values) => body.Number(Pointer) <= Most;

        public override bool IsTold(JsonBody body) => body.Number(Pointer) is not null;
    }
}
