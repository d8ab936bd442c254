using CredRotation.Engine;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Answers;

/// <summary>One page of a list, read whole or not at all: an entry that is passed over could be the credential that recovery looks for.</summary>
/// <param name="Entries">Those that count.</param>
/// <param name="Seen">The ids of all entries, those that do not count included.</param>
/// <param name="Pages">How many pages there are; 1 without paging.</param>
/// <param name="Total">How many entries all pages hold together; null without paging.</param>
internal sealed record ListedPage(IReadOnlyList<ListedCredential> Entries, IReadOnlyList<string> Seen, int Pages, int? Total)
{
    private const int CountMax = 1_000_000;

    // Longer than any marker of ours, and what is not ours is only ever compared.
    private const int MarkerLengthMax = 200;

    /// <summary>Exactly one of the two is null; the trouble is in our own words.</summary>
    public static (ListedPage? Page, string? Trouble) Read(ListOperation list, JsonBody body, TemplateValues values, Func<string?, bool> isUsableId)
    {
        var (pages, total) = list.Paging is { } paging ? (Count(body, paging.Pages), Count(body, paging.Total)) : (1, null);
        if (list.Paging is not null && (pages is null || total is null)) return (null, $"it does not say at {list.Paging.Pages} and {list.Paging.Total} how much there is");

        // A vendor may leave out the list of nothing, but only if it says that it is nothing.
        if (body.Items(list.Items) is not { } items)
            return total == 0 && body.Find(list.Items) is null ? (new ListedPage([], [], pages!.Value, 0), null) : (null, $"it holds no list at {list.Items}");

        var (entries, seen) = (new List<ListedCredential>(), new List<string>());
        foreach (var item in items)
        {
            var id = item.Scalar(list.Id);
            if (!isUsableId(id)) return (null, $"an entry holds no usable id at {list.Id}");
            if (list.Only.FirstOrDefault(predicate => !predicate.IsTold(item)) is { } untold) return (null, $"an entry does not say at {untold.Pointer} whether it counts");

            seen.Add(id!);
            if (list.Only.All(predicate => predicate.Holds(item, values)))
                entries.Add(new ListedCredential(id!, item.Text(list.Marker) is { Length: <= MarkerLengthMax } marker ? marker : null, CreatedOn: null));
        }

        return (new ListedPage(entries, seen, pages!.Value, total), null);
    }

    private static int? Count(JsonBody body, JsonPointer pointer)
        => body.Number(pointer) is { } number and >= 0 and <= CountMax && decimal.Truncate(number) == number ? (int)number : null;
}
