using System.Collections.Frozen;

namespace CredRotation.Pages;

/// <summary>The files that pages load; there are no others, whatever is asked for.</summary>
public static class PageAssets
{
    private static readonly FrozenDictionary<string, PageAsset> s_assets = new Dictionary<string, PageAsset>
    {
        ["site.css"] = Read("site.css", "text/css; charset=utf-8"),
        ["live.js"] = Read("live.js", "text/javascript; charset=utf-8"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static PageAsset? Find(string file) => s_assets.GetValueOrDefault(file);

    private static PageAsset Read(string file, string contentType)
    {
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream($"assets/{file}")
            ?? throw new InvalidOperationException($"The build left out assets/{file}.");
        using var body = new MemoryStream();
        stream.CopyTo(body);
        return new PageAsset(contentType, body.ToArray());
    }
}

/// <summary>A file with the type a browser may take it for.</summary>
public sealed record PageAsset(string ContentType, byte[] Body);
