using System.Globalization;
using System.Text;
using CredRotation.Engine;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Hooks;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Providers.Http.Templates;

/// <summary>The values of one call. A missing one refuses the request before anything is sent.</summary>
/// <param name="Parameters">Checked, with the file's defaults filled in.</param>
internal sealed record TemplateValues(IReadOnlyDictionary<string, string> Parameters, ProviderTarget Target)
{
    public IssueTicket? Ticket { get; init; }

    public Candidate? New { get; init; }

    public RetireTicket? Old { get; init; }

    /// <summary>Which page of a list.</summary>
    public int? Page { get; init; }

    /// <summary>How many entries of a list were read before.</summary>
    public int? Offset { get; init; }

    /// <summary>The id that a search gave.</summary>
    public string? Found { get; init; }

    /// <summary>How long the old credential lives behind an issue, where a timer ends it.</summary>
    public TimeSpan? Overlap { get; init; }

    /// <summary>When this call is made.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>What a token request gave, for this call alone.</summary>
    public SecretText? Token { get; init; }

    /// <summary>Every secret of this call, for striking it out of whatever leaves.</summary>
    public IEnumerable<string> Secrets
        => Target.Secrets.Values.Append(New?.Value).Append(Old?.Value).Append(Token).Append(Ticket?.Material).OfType<SecretText>().Select(secret => secret.RevealToRemote());

    /// <summary>As it goes onto the wire. RFC 7617: user and password of Basic are UTF-8, joined by a colon and written in base64.</summary>
    public string Write(Placeholder placeholder) => placeholder.Filter is Filter.Base64 ? Convert.ToBase64String(Encoding.UTF8.GetBytes(Find(placeholder))) : Find(placeholder);

    public string Find(Placeholder placeholder) => placeholder.Source switch
    {
        Source.Parameter when placeholder.Filter is Filter.Seconds or Filter.Minutes or Filter.Hours or Filter.Days or Filter.EsDuration
            => Span(Parameters.TryGetValue(placeholder.Name, out var text) && Duration.Parse(text) is { } span ? span : throw Missing($"parameter.{placeholder.Name}"), placeholder.Filter),
        Source.Parameter or Source.BaseAddress => Parameters.TryGetValue(placeholder.Name, out var value) ? value : throw Missing($"parameter.{placeholder.Name}"),
        Source.Vault => Target.Secrets.TryGetValue(placeholder.Name, out var secret) ? secret.RevealToRemote() : throw Missing($"vault.{placeholder.Name}"),
        Source.Target => Target.Target,
        Source.NewId => New?.Id ?? throw Missing("new.id"),
        Source.NewSecret => New?.Value.RevealToRemote() ?? throw Missing("new.secret"),
        Source.OldId => Old?.Id ?? throw Missing("old.id"),
        Source.OldSecret => Old?.Value?.RevealToRemote() ?? throw Missing("old.secret"),
        Source.Marker => Ticket?.Marker ?? throw Missing("marker"),
        Source.IdempotencyKey => Ticket?.IdempotencyToken ?? throw Missing("idempotencyKey"),
        Source.Attempt => Ticket?.Attempt.ToString(CultureInfo.InvariantCulture) ?? throw Missing("attempt"),
        Source.Page => Page?.ToString(CultureInfo.InvariantCulture) ?? throw Missing("page"),
        Source.Offset => Offset?.ToString(CultureInfo.InvariantCulture) ?? throw Missing("offset"),
        Source.Found => Found ?? throw Missing("found.id"),
        Source.Material => Ticket?.Material?.RevealToRemote() ?? throw Missing("material"),
        Source.MaterialPublicKey => RsaKeyPair.PublicKeyOf(Ticket?.Material ?? throw Missing("material")) ?? throw new RequestRefusedException("material-is-no-key-pair"),
        Source.Overlap => Span(Overlap ?? throw Missing("overlap"), placeholder.Filter),
        Source.OverlapEnd => Instant((Now + Overlap) ?? throw Missing("overlap"), placeholder.Filter),
        _ => Instant(Ticket?.ExpiresOn ?? throw Missing("expiresOn"), placeholder.Filter),
    };

    private static string Span(TimeSpan span, Filter filter) => filter switch
    {
        Filter.Seconds => Whole(span, TimeSpan.TicksPerSecond),
        Filter.Minutes => Whole(span, TimeSpan.TicksPerMinute),
        Filter.Hours => Whole(span, TimeSpan.TicksPerHour),
        Filter.Days => Whole(span, TimeSpan.TicksPerDay),
        // Elasticsearch reference, time units: a number with d, h, m or s.
        _ => span.Ticks % TimeSpan.TicksPerDay == 0 ? $"{Whole(span, TimeSpan.TicksPerDay)}d"
            : span.Ticks % TimeSpan.TicksPerHour == 0 ? $"{Whole(span, TimeSpan.TicksPerHour)}h"
            : span.Ticks % TimeSpan.TicksPerMinute == 0 ? $"{Whole(span, TimeSpan.TicksPerMinute)}m"
            : $"{Whole(span, TimeSpan.TicksPerSecond)}s",
    };

    // Rounded, it would be another span than the one that people approved.
    private static string Whole(TimeSpan span, long unit)
        => span.Ticks % unit == 0 ? (span.Ticks / unit).ToString(CultureInfo.InvariantCulture) : throw new RequestRefusedException("span-is-not-whole");

    private static string Instant(DateTimeOffset instant, Filter filter) => filter switch
    {
        Filter.Date => instant.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        Filter.UnixSeconds => instant.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        _ => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    private static RequestRefusedException Missing(string name) => new($"missing.{name}");
}
