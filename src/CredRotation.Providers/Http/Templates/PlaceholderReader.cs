using CredRotation.Providers.Http.Document;

namespace CredRotation.Providers.Http.Templates;

/// <summary>Reads what stands between the braces and refuses whatever would have no value, no meaning or no business at that place.</summary>
internal static class PlaceholderReader
{
    private static readonly Dictionary<string, (Source Source, Known Needs)> Words = new(StringComparer.Ordinal)
    {
        ["target"] = (Source.Target, Known.Nothing),
        ["new.id"] = (Source.NewId, Known.New),
        ["new.secret"] = (Source.NewSecret, Known.New),
        ["old.id"] = (Source.OldId, Known.Old),
        ["old.secret"] = (Source.OldSecret, Known.Old),
        ["marker"] = (Source.Marker, Known.Ticket),
        ["idempotencyKey"] = (Source.IdempotencyKey, Known.Ticket),
        ["attempt"] = (Source.Attempt, Known.Ticket),
        ["expiresOn"] = (Source.ExpiresOn, Known.Ticket),
        ["page"] = (Source.Page, Known.Page),
        ["offset"] = (Source.Offset, Known.Offset),
        ["found.id"] = (Source.Found, Known.Found),
        ["material"] = (Source.Material, Known.Material),
        ["material.publicKey"] = (Source.MaterialPublicKey, Known.KeyPair),
        ["overlap"] = (Source.Overlap, Known.Overlap),
        ["overlapEnd"] = (Source.OverlapEnd, Known.Overlap),
    };

    private static readonly Dictionary<string, Filter> Filters = new(StringComparer.Ordinal)
    {
        ["number"] = Filter.Number,
        ["iso8601"] = Filter.Iso8601,
        ["date"] = Filter.Date,
        ["unixSeconds"] = Filter.UnixSeconds,
        ["raw"] = Filter.Raw,
        ["list"] = Filter.List,
        ["json"] = Filter.Json,
        ["seconds"] = Filter.Seconds,
        ["minutes"] = Filter.Minutes,
        ["hours"] = Filter.Hours,
        ["days"] = Filter.Days,
        ["esDuration"] = Filter.EsDuration,
        ["base64"] = Filter.Base64,
    };

    public static Placeholder? Read(Node node, string inner, TemplateRules rules)
    {
        var cut = inner.Split('|', 2);
        if (ReadSource(node, cut[0], rules) is not { } named) return null;

        var filter = Filter.None;
        if (cut.Length == 2 && !Filters.TryGetValue(cut[1], out filter))
        {
            node.Problem($"uses the unknown filter '{cut[1]}'", $"use one of {string.Join(", ", Filters.Keys)}");
            return null;
        }

        var placeholder = new Placeholder(named.Source, named.Name, filter);
        if (Misuse(placeholder, rules) is not { } misuse) return placeholder;

        node.Problem(misuse.What, misuse.Remedy);
        return null;
    }

    private static (Source Source, string Name)? ReadSource(Node node, string word, TemplateRules rules)
    {
        if (word.StartsWith("p.", StringComparison.Ordinal))
        {
            if (rules.Parameters.TryGetValue(word[2..], out var parameter))
                return (parameter.Type is ParameterType.Uri ? Source.BaseAddress : Source.Parameter, word[2..]);

            node.Problem($"names the parameter '{word[2..]}', which the file does not declare", "declare it under /parameters or correct the name");
            return null;
        }

        if (word.StartsWith("vault:", StringComparison.Ordinal))
        {
            if (DocumentReader.IsName(word[6..])) return (Source.Vault, word[6..]);

            node.Problem($"names the management credential '{word[6..]}'", "use 1 to 60 characters of a-z, A-Z, 0-9, - after vault:");
            return null;
        }

        if (!Words.TryGetValue(word, out var known))
        {
            node.Problem($"holds the unknown placeholder '{word}'", $"use p.<parameter>, vault:<name> or one of {string.Join(", ", Words.Keys)}");
            return null;
        }

        if (rules.IsSelf && known.Source is Source.NewSecret) return (Source.Vault, AuthReader.Current);
        if ((rules.Known & known.Needs) == known.Needs) return (known.Source, "");

        node.Problem(
            $"uses '{word}', which has no value here",
            "new.* exists in verify and store, old.* in retire (old.id in issue, too), page and offset in a list with such paging, found.id behind find and in recover, material where the caller makes the value, overlap where a timer ends the old one, and marker, idempotencyKey, attempt and expiresOn in issue");
        return null;
    }

    private static (string What, string Remedy)? Misuse(Placeholder placeholder, TemplateRules rules)
    {
        var type = placeholder.Source is Source.Parameter ? rules.Parameters[placeholder.Name].Type : (ParameterType?)null;
        var isInstant = placeholder.Source is Source.ExpiresOn or Source.OverlapEnd;
        var isSpan = placeholder.Source is Source.Overlap || type is ParameterType.Duration;
        var isSpanFilter = placeholder.Filter is Filter.Seconds or Filter.Minutes or Filter.Hours or Filter.Days or Filter.EsDuration;

        return placeholder switch
        {
            { Source: Source.BaseAddress } when !rules.IsUrl || placeholder.Filter is not Filter.None
                => ("puts an address elsewhere than at the start of a url", "use a parameter of type string here"),
            { IsSecret: true } when !rules.HasSecrets
                => ("would put a secret where it can be logged or compared", "secrets go into auth, headers or the body"),
            { Filter: Filter.Iso8601 or Filter.Date or Filter.UnixSeconds } when !isInstant
                => ("formats something that is no instant", "use iso8601, date and unixSeconds with expiresOn and overlapEnd only"),
            { Filter: not (Filter.Iso8601 or Filter.Date or Filter.UnixSeconds) } when isInstant
                => ($"does not say how to write {(placeholder.Source is Source.ExpiresOn ? "expiresOn" : "overlapEnd")}", "add one of the filters iso8601, date, unixSeconds"),
            _ when isSpanFilter && !isSpan
                => ("writes as a span of time what is none", "use seconds, minutes, hours, days and esDuration with overlap and parameters of type duration"),
            _ when isSpan && !isSpanFilter
                => ("does not say how to write a span of time", "add one of the filters seconds, minutes, hours, days, esDuration"),
            { Filter: Filter.Number } when placeholder.Source is not (Source.Attempt or Source.Page or Source.Offset) && type is not ParameterType.Integer
                => ("makes a number of something that is none", "use number with attempt, page, offset and parameters of type integer"),
            { Filter: Filter.Base64, IsSecret: false }
                => ("encodes what is no secret", "use base64 only with a secret of the form user:password, behind Basic in an Authorization header"),
            { Filter: Filter.Raw } when !rules.IsUrl || type is not ParameterType.String
                => ("uses raw outside its one place", "use raw only in a url, with a parameter of type string"),
            { Filter: Filter.List } when !rules.IsJson || type is not ParameterType.List
                => ("makes a list where none can be", "use list only in a JSON body, with a parameter of type list"),
            _ when type is ParameterType.List && placeholder.Filter is not Filter.List
                => ("sends a list as one text", "write {{p.name|list}} as a whole value of a JSON body"),
            { Filter: Filter.Json } when !rules.IsJson || type is not ParameterType.Json
                => ("puts JSON where none can be", "use json only in a JSON body, with a parameter of type json"),
            _ when type is ParameterType.Json && placeholder.Filter is not Filter.Json
                => ("sends JSON as one text", "write {{p.name|json}} as a whole value of a JSON body"),
            _ => null,
        };
    }
}
