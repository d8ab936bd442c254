using CredRotation.Engine;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Answers;

/// <summary>One entry of a list.</summary>
/// <param name="Value">The value itself, where a vendor lists it; only ever compared.</param>
internal sealed record ListedEntry(ListedCredential Credential, SecretText? Value);

/// <summary>One page of a list, read whole or not at all: an entry that is passed over could be the credential that recovery looks for.</summary>
/// <param name="Entries">Those that count.</param>
/// <param name="Seen">The ids of all entries, those that do not count included.</param>
/// <param name="Pages">How many pages there are, where it says so.</param>
/// <param name="Total">How many entries all pages hold together, where it says so.</param>
internal sealed record ListedPage(IReadOnlyList<ListedEntry> Entries, IReadOnlyList<string> Seen, int? Pages, int? Total)
{
    private const int CountMax = 1_000_000;

    // Longer than any marker of ours, and what is not ours is only ever compared.
    private const int MarkerLengthMax = 200;

    /// <summary>Exactly one of the two is null; the trouble is in our own words.</summary>
    public static (ListedPage? Page, string? Trouble) Read(ListOperation list, JsonBody body, TemplateValues values, Func<string?, bool> isUsableId)
    {
        var (pages, total) = (Count(body, list.Paging?.Pages), Count(body, list.Paging?.Total));
        if ((list.Paging?.Pages is not null && pages is null) || (list.Paging?.Total is not null && total is null))
            return (null, $"it does not say at {list.Paging.Pages} and {list.Paging.Total} how much there is");

        // A vendor may leave out the list of nothing, but only if it says that it is nothing.
        if (body.Items(list.Items) is not { } items)
            return total == 0 && body.Find(list.Items) is null ? (new ListedPage([], [], pages, 0), null) : (null, $"it holds no list at {list.Items}");

        var (entries, seen) = (new List<ListedEntry>(), new List<string>());
        foreach (var item in items)
        {
            var id = item.Scalar(list.Id);
            if (!isUsableId(id)) return (null, $"an entry holds no usable id at {list.Id}");
            if (list.Only.FirstOrDefault(predicate => !predicate.IsTold(item)) is { } untold) return (null, $"an entry does not say at {untold.Pointer} whether it counts");

            seen.Add(id!);
            if (list.Only.All(predicate => predicate.Holds(item, values))) entries.Add(Entry(list, item, id!));
        }

        return (new ListedPage(entries, seen, pages, total), null);
    }

    private static ListedEntry Entry(ListOperation list, JsonBody item, string id)
    {
        var marker = list.Marker is { } place && item.Text(place) is { Length: <= MarkerLengthMax } text ? text : null;
        var created = list.CreatedAt is { } instant ? Pick.Read(item.Scalar(instant.Pointer), instant.Format) : null;
        return new ListedEntry(new ListedCredential(id, marker, created), list.Value is { } value && item.Text(value) is { Length: > 0 } shown ? new SecretText(shown) : null);
    }

    private static int? Count(JsonBody body, JsonPointer? pointer)
        => pointer is not null && body.Number(pointer) is { } number and >= 0 and <= CountMax && decimal.Truncate(number) == number ? (int)number : null;
}
