using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads what is listed or searched, and how it goes on from page to page.</summary>
internal sealed class ListReader(IReadOnlyDictionary<string, ParameterDeclaration> parameters, ProviderTraits traits, Func<Node, Known, Operation?> readCall)
{
    public ListOperation? Read(Node node)
    {
        if (!node.IsObjectOf("auth", "request", "success", "items", "id", "marker", "only", "createdAt", "value", "paging")) return null;

        var paging = node.Find("paging") is { } pages ? ReadPaging(pages) : null;
        var known = paging?.Kind switch { PagingKind.Page => Known.Page, PagingKind.Offset => Known.Offset, _ => Known.Nothing };
        // Told once: without paging a page has no value, which the request says.
        var call = readCall(node, node.Find("paging") is not null && paging is null ? Known.Page | Known.Offset : known);
        if (paging?.Kind is PagingKind.Page && call is not null && !call.Names(Source.Page))
            node.Problem("never says which page it asks for", "put {{page}} into the url, or remove paging where one answer is everything");
        if (paging?.Kind is PagingKind.Offset && call is not null && !call.Names(Source.Offset))
            node.Problem("never says where it goes on", "put {{offset}} into the url, or remove paging where one answer is everything");

        var items = node.Need("items", "say where the answer holds its entries")?.Pointer();
        var id = node.Need("id", "say where an entry holds its id")?.Pointer();
        var marker = traits.ListShowsMarker ? node.Need("marker", "say where an entry holds the marker it was issued under")?.Pointer() : null;
        if (!traits.ListShowsMarker) node.Find("marker")?.Problem("is given, but capabilities say that only ids are shown", "remove it or set capabilities/list to full");
        var rules = new TemplateRules(parameters, Known.Nothing, HasSecrets: false);
        var only = RequestReader.ReadPredicates(node.Find("only"), rules);
        var created = node.Find("createdAt") is { } instant && PickReader.ReadInstant(instant, rules) is Pick.At at ? at : null;
        var value = node.Find("value")?.Pointer();
        return call is null || items is null || id is null || (traits.ListShowsMarker && marker is null) ? null : new ListOperation(call, items, id, marker, only, created, value, paging);
    }

    public FindOperation? ReadFind(Node node)
    {
        if (!node.IsObjectOf("auth", "request", "success", "items", "where", "id")) return null;

        var call = readCall(node, Known.Ticket);
        var items = node.Need("items", "say where the answer holds its entries")?.Pointer();
        var id = node.Need("id", "say where an entry holds its id")?.Pointer();
        var where = node.Need("where", "say what the one entry shows") is { } shown ? RequestReader.ReadPredicates(shown, new TemplateRules(parameters, Known.Nothing, HasSecrets: false)) : [];
        if (where.Count == 0) node.Problem("would take any entry", "say under where what exactly one entry shows");
        return call is null || items is null || id is null ? null : new FindOperation(call, items, where, id);
    }

    private static Paging? ReadPaging(Node node)
    {
        if (!node.IsObjectOf("kind", "first", "size", "pages", "total", "next", "parameter", "more")) return null;

        var kind = node.Find("kind") is { } said
            ? said.Choice(("page", PagingKind.Page), ("offset", PagingKind.Offset), ("token", PagingKind.Token), ("url", PagingKind.Url), ("linkHeader", PagingKind.LinkHeader), ("none", (PagingKind)(-1)))
            : PagingKind.Page;
        if (kind is null or (PagingKind)(-1)) return null;

        var first = kind is PagingKind.Page ? node.Need("first", "write the number of the first page, 0 or 1")?.Integer(0, 1) : 0;
        var total = kind is PagingKind.Page or PagingKind.Offset ? node.Need("total", "say where an answer holds the number of entries on all pages")?.Pointer() : node.Find("total")?.Pointer();
        var pages = kind is PagingKind.Page && node.Find("size") is null ? node.Need("pages", "say where an answer holds the number of pages, or with size how many a full page holds")?.Pointer() : node.Find("pages")?.Pointer();
        var size = kind is PagingKind.Offset || (kind is PagingKind.Page && pages is null) ? node.Find("size")?.Integer(1, 10_000) : 1;
        if (kind is PagingKind.Offset && node.Find("size") is null) node.Problem("lacks the member 'size'", "write how many entries a full page holds");
        var next = kind is PagingKind.Token or PagingKind.Url ? node.Need("next", "say where a page names the next one")?.Pointer() : null;
        var parameter = kind is PagingKind.Token ? node.Need("parameter", "name the query parameter that carries the token")?.Text() : null;
        if (parameter is not null && !DocumentReader.IsQueryName(parameter)) node.Find("parameter")!.Problem("is no name of a query parameter", "use letters, digits, - _ . [ ]");
        return first is null || size is null || (kind is PagingKind.Page or PagingKind.Offset && total is null) || (kind is PagingKind.Token or PagingKind.Url && next is null) || (kind is PagingKind.Token && parameter is null) || (kind is PagingKind.Page && pages is null && node.Find("size") is null)
            ? null
            : new Paging(kind.Value, first.Value, size.Value, pages, total, next, parameter, node.Find("more")?.Pointer());
    }
}
