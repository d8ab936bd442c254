using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads how one kind of answer is told.</summary>
internal static class MatchReader
{
    /// <summary>The members that say it, for whoever checks an object's names.</summary>
    public static readonly string[] Members = ["status", "code", "codes", "require"];

    public static AnswerMatch? Read(Node node, TemplateRules rules) => node.IsObjectOf(Members) ? ReadMembers(node, rules) : null;

    public static AnswerMatch ReadMembers(Node node, TemplateRules rules)
    {
        var statuses = node.Need("status", "list the statuses this is about")?.Statuses() ?? [];
        var code = node.Find("code")?.Pointer();
        var codes = node.Find("codes")?.Items().Select(item => item.Text()).OfType<string>().ToList() ?? [];
        var require = node.Find("require")?.Items().Select(item => PredicateReader.Read(item, rules with { HasSecrets = false })).OfType<Predicate>().ToList() ?? [];
        if (codes.Count > 0 && code is null) node.Problem("lists codes, but not where they are", "add \"code\" with a JSON Pointer");
        if (codes.Count == 0 && require.Count == 0 && statuses.Any(status => status is >= 200 and <= 299))
            node.Find("status")!.Problem("takes every success for something else", "add codes or require, which tell such an answer from a good one");
        return new AnswerMatch(statuses, code, codes, require);
    }
}
