using System.Globalization;

namespace CredRotation.Providers.Http.Answers;

/// <summary>How an instant is written in an answer.</summary>
internal enum InstantFormat { Iso8601, Rfc1123, UnixSeconds }

/// <summary>Takes one value out of an answer, or says that it is not there in the shape the file promises.</summary>
internal sealed record Pick(JsonPointer Pointer, InstantFormat Format = InstantFormat.Iso8601)
{
    public DateTimeOffset? Instant(JsonBody body) => Format switch
    {
        InstantFormat.UnixSeconds => body.Number(Pointer) is { } seconds and >= 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : null,
        InstantFormat.Rfc1123 => Parse(body.Text(Pointer), "ddd, d MMM yyyy HH':'mm':'ss 'GMT'", "ddd, d MMM yyyy HH':'mm':'ss zzz"),
        _ => Parse(body.Text(Pointer), "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"),
    };

    private static DateTimeOffset? Parse(string? text, params string[] formats)
        => DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant.ToUniversalTime()
            : null;
}
