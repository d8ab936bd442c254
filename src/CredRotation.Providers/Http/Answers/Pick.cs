using System.Globalization;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Answers;

/// <summary>How an instant is written in an answer.</summary>
internal enum InstantFormat { Iso8601, Rfc1123, UnixSeconds, UnixMilliseconds, Date }

/// <summary>Takes one value out of an answer, or says that it is not there in the shape the file promises.</summary>
internal abstract record Pick(InstantFormat Format)
{
    /// <summary>For people: where it is looked for; never a value.</summary>
    public abstract string Place { get; }

    /// <summary>The templates that must be filled to look.</summary>
    public virtual IEnumerable<Template> Templates => [];

    /// <summary>Text as it is, a number as its digits; null for anything else.</summary>
    public abstract string? Scalar(Answer answer, TemplateValues values);

    /// <summary>Only what is a text: a secret is never a number.</summary>
    public virtual string? Text(Answer answer, TemplateValues values) => Scalar(answer, values);

    public DateTimeOffset? Instant(Answer answer, TemplateValues values) => Read(Scalar(answer, values), Format);

    public static DateTimeOffset? Read(string? text, InstantFormat format) => format switch
    {
        InstantFormat.UnixSeconds => Since(text, 1),
        InstantFormat.UnixMilliseconds => Since(text, 1000),
        InstantFormat.Rfc1123 => Parse(text, "ddd, d MMM yyyy HH':'mm':'ss 'GMT'", "ddd, d MMM yyyy HH':'mm':'ss zzz"),
        InstantFormat.Date => Parse(text, "yyyy-MM-dd"),
        _ => Parse(text, "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"),
    };

    private static DateTimeOffset? Since(string? text, long unitsInSecond)
        => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number / unitsInSecond is >= 0 and < 253_402_300_800 and var seconds
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : null;

    private static DateTimeOffset? Parse(string? text, params string[] formats)
        => DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant.ToUniversalTime()
            : null;

    /// <summary>At one place of the body.</summary>
    public sealed record At(JsonPointer Pointer, InstantFormat Format = InstantFormat.Iso8601) : Pick(Format)
    {
        public override string Place => Pointer.Text;

        public override string? Scalar(Answer answer, TemplateValues values) => answer.Body?.Scalar(Pointer);

        public override string? Text(Answer answer, TemplateValues values) => answer.Body?.Text(Pointer);
    }

    /// <summary>In a header of the answer.</summary>
    public sealed record InHeader(string Name, InstantFormat Format = InstantFormat.Iso8601) : Pick(Format)
    {
        public override string Place => $"header {Name}";

        public override string? Scalar(Answer answer, TemplateValues values) => answer.Headers.GetValueOrDefault(Name);
    }

    /// <summary>Known without the answer.</summary>
    public sealed record Filled(Template Value) : Pick(InstantFormat.Iso8601)
    {
        public override string Place => Value.Text;

        public override IEnumerable<Template> Templates => [Value];

        public override string? Scalar(Answer answer, TemplateValues values) => Value.Expand(values);
    }

    /// <summary>One of two words, by whether the body shows something.</summary>
    public sealed record Either(Predicate When, string Then, string Else) : Pick(InstantFormat.Iso8601)
    {
        public override string Place => When.Pointer.Text;

        public override IEnumerable<Template> Templates => When.Templates;

        // What does not say it at all says neither.
        public override string? Scalar(Answer answer, TemplateValues values) => answer.Body is { } body && When.IsTold(body) ? When.Holds(body, values) ? Then : Else : null;
    }

    /// <summary>In the one entry of a list that shows what it must; a pointer alone cannot search.</summary>
    public sealed record Among(JsonPointer Items, IReadOnlyList<Predicate> Where, JsonPointer Pointer, InstantFormat Format = InstantFormat.Iso8601) : Pick(Format)
    {
        public override string Place => $"{Items.Text} of one entry at {Pointer.Text}";

        public override IEnumerable<Template> Templates => Where.SelectMany(predicate => predicate.Templates);

        public override string? Scalar(Answer answer, TemplateValues values) => Only(answer, values)?.Scalar(Pointer);

        public override string? Text(Answer answer, TemplateValues values) => Only(answer, values)?.Text(Pointer);

        private JsonBody? Only(Answer answer, TemplateValues values)
            => answer.Body?.Items(Items)?.Where(item => Where.All(predicate => predicate.Holds(item, values))).ToList() is [var only] ? only : null;
    }
}
