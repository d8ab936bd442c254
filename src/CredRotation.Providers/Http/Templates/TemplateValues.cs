using System.Globalization;
using CredRotation.Engine;
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

    /// <summary>Every secret of this call, for striking it out of whatever leaves.</summary>
    public IEnumerable<string> Secrets
        => Target.Secrets.Values.Append(New?.Value).Append(Old?.Value).OfType<SecretText>().Select(secret => secret.RevealToRemote());

    public string Find(Placeholder placeholder) => placeholder.Source switch
    {
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
        _ => Instant(Ticket?.ExpiresOn ?? throw Missing("expiresOn"), placeholder.Filter),
    };

    private static string Instant(DateTimeOffset instant, Filter filter) => filter switch
    {
        Filter.Date => instant.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        Filter.UnixSeconds => instant.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        _ => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    private static RequestRefusedException Missing(string name) => new($"missing.{name}");
}
