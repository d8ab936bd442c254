using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads an address whose host is either written out and allowed, or an account's base address and checked with every request.</summary>
internal static class UrlReader
{
    private const string Sample = "x";

    public static Template? Read(Node node, TemplateRules rules, AllowedHosts hosts)
    {
        if (Template.Read(node, rules with { HasSecrets = false, IsUrl = true }) is not { } template) return null;

        if (template.Parts.Skip(1).Any(part => part.Placeholder is { Source: Source.BaseAddress }))
        {
            node.Problem("puts an address into the middle of another", "an uri parameter may only begin a url");
            return null;
        }

        var isOwn = template.Parts is [{ Placeholder.Source: Source.BaseAddress }, ..];
        if (isOwn && template.Parts is [_, { Literal: var next, Placeholder: null }, ..] && next[0] is not '/')
        {
            node.Problem("glues text to the base address", "begin the path with /");
            return null;
        }

        var literal = template.Parts is [{ Placeholder: null } first, ..] ? first.Literal : "";
        if (!isOwn && literal.IndexOf('/', Math.Min("https://".Length, literal.Length)) < 0)
        {
            node.Problem("does not write out its host", "begin with https://host/ or with an uri parameter");
            return null;
        }

        var text = string.Concat(template.Parts.Select((part, at) => part.Placeholder is null ? part.Literal : isOwn && at == 0 ? "https://base.invalid/" + Sample : Sample));
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !string.Equals(uri.AbsoluteUri, text, StringComparison.Ordinal))
        {
            node.Problem("is not an address in its plain form", "write it without spaces, dot segments, upper-case hosts or default ports, and percent-encode what needs it");
            return null;
        }

        if (isOwn || hosts.Allow(uri)) return template;

        node.Problem($"goes to {uri.Scheme}://{uri.Authority}, which is not allowed", $"use https and one of the allowed hosts ({hosts}), or add the host to /allowedHosts");
        return null;
    }
}
