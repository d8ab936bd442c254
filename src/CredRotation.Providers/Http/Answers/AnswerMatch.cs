using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Answers;

/// <summary>Tells one kind of answer by its status and, where a vendor says more in the body, by a code or by what the body shows.</summary>
internal sealed record AnswerMatch(IReadOnlyList<int> Statuses, JsonPointer? Code, IReadOnlyList<string> Codes, IReadOnlyList<Predicate> Require)
{
    public static AnswerMatch Of(params int[] statuses) => new(statuses, null, [], []);

    public bool Holds(Answer answer, TemplateValues values)
        => answer.Status is { } status
            && Statuses.Contains(status)
            && (Codes.Count == 0 || (CodeIn(answer) is { } code && Codes.Contains(code, StringComparer.Ordinal)))
            && (Require.Count == 0 || (answer.Body is { } body && Require.All(predicate => predicate.Holds(body, values))));

    public string? CodeIn(Answer answer) => Code is null ? null : answer.Body?.Scalar(Code);
}
