using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http;

/// <summary>Reads a list whole or not at all, in whatever pages it comes.</summary>
internal sealed class HttpListing(ListOperation list, VendorDocument document, Caller caller, Judge judge)
{
    // What a list may cost. Beyond it nothing is known, which is said and not cut off.
    private const int PagesMax = 50;
    private const int EntriesMax = 5_000;

    /// <summary>Everything that lives, or an exception: a list that could not be read whole is never a short one.</summary>
    public async Task<IReadOnlyList<ListedEntry>> ReadAsync(TemplateValues values, CancellationToken cancellationToken)
    {
        var (entries, seen, asked) = (new List<ListedEntry>(), new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var (total, pages) = ((int?)null, (int?)null);
        Uri? address = null;
        for (var at = 0; ; at++)
        {
            var (page, next) = await ReadPageAsync(values with { Page = (list.Paging?.First ?? 0) + at, Offset = seen.Count }, address, at, cancellationToken);
            if (at > 0 && (page.Pages, page.Total) != (pages, total)) throw Unusable("it changed while it was read");
            (pages, total) = (page.Pages, page.Total);
            if (pages > PagesMax || at + 1 > PagesMax || Math.Max(total ?? 0, seen.Count + page.Seen.Count) > EntriesMax) throw Unusable($"it is longer than {PagesMax} pages or {EntriesMax} entries");
            // An entry that moved to a page that was read already would show up nowhere.
            if (!page.Seen.All(seen.Add)) throw Unusable("an id is in it twice");

            entries.AddRange(page.Entries);
            if (!HasMore(page, at, seen.Count, total, next)) break;
            if (next is not null && !asked.Add(next.AbsoluteUri)) throw Unusable("it names a page that was read already as the next");
            address = next;
        }

        return total is { } all && all != seen.Count ? throw Unusable($"it says that it has {all} entries and shows {seen.Count}") : entries;
    }

    private bool HasMore(ListedPage page, int at, int seen, int? total, Uri? next) => list.Paging?.Kind switch
    {
        null => false,
        PagingKind.Page when page.Pages is { } pages => at + 1 < pages,
        // A full page may be followed by another; one that is not full is the last, and the total must agree.
        PagingKind.Page or PagingKind.Offset => seen < total && page.Seen.Count > 0,
        _ => next is not null,
    };

    private async Task<(ListedPage Page, Uri? Next)> ReadPageAsync(TemplateValues values, Uri? address, int at, CancellationToken cancellationToken)
    {
        using var called = await caller.SendAsync("list", list.Call, values, isCandidates: false, cancellationToken, address);
        if (called.Refusal is { } refusal) throw new RemoteTroubleException("provider", RemoteTrouble.BadRequest, $"The list was not asked for: {refusal}.");
        if (called.IsDenied) throw new RemoteTroubleException("provider", RemoteTrouble.Denied, "The provider gives the management credential no token.");

        var answer = called.Answer;
        if (!judge.IsSuccess(list.Call, answer, values))
        {
            throw judge.Classify(answer, values) switch
            {
                ErrorClass.Throttled => new RemoteTroubleException("provider", RemoteTrouble.Throttled, "The provider asks to come back later.", judge.After(answer)),
                ErrorClass.Rejected or ErrorClass.NoCapacity => new RemoteTroubleException("provider", RemoteTrouble.Denied, $"The provider does not let the management credential list ({judge.Code(answer, values)})."),
                _ => new RemoteTroubleException("provider", RemoteTrouble.Unknown, $"The list could not be read: {answer.Words}"),
            };
        }

        if (answer.Body is not { } body) throw Unusable(answer.Words);
        if (Judge.FirstUnmet(list.Call, body, values) is { } unmet) throw Unusable($"it does not show what it must at {unmet}");

        var (page, trouble) = ListedPage.Read(list, body, values, id => Judge.IsUsableId(id, values.Secrets));
        if (page is null) throw Unusable(trouble!);
        if (list.Paging is not { } paging) return (page, null);

        var asked = address ?? RequestBuilder.AddressOf(list.Call, values, document.Hosts);
        var (next, wrong) = NextPage.Read(paging, answer, asked, document.Hosts.For(values.Parameters));
        return wrong is null ? (page, next) : throw Unusable(wrong);
    }

    private static RemoteTroubleException Unusable(string words) => new("provider", RemoteTrouble.Unknown, $"The provider's list cannot be used: {words.TrimEnd('.')}. Nothing was concluded from it.");
}
