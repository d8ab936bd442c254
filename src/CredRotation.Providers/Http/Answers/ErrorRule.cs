namespace CredRotation.Providers.Http.Answers;

/// <summary>What an error means for an effect. Only <see cref="Unknown"/> and <see cref="Conflict"/> leave it open whether it happened.</summary>
internal enum ErrorClass { Unknown, Rejected, Throttled, Conflict, NoCapacity }

/// <summary>Gives an error status, optionally only with certain codes in its body, its meaning.</summary>
internal sealed record ErrorRule(IReadOnlyList<int> Statuses, ErrorClass Class, JsonPointer? Code, IReadOnlyList<string> Codes)
{
    public bool Covers(Answer answer)
        => answer.Status is { } status
            && Statuses.Contains(status)
            && (Codes.Count == 0 || (CodeIn(answer) is { } code && Codes.Contains(code, StringComparer.Ordinal)));

    public string? CodeIn(Answer answer) => Code is null ? null : answer.Body?.Scalar(Code);
}
