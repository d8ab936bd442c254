using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http;

/// <summary>Says what an answer means, in the file's words; what the file leaves open is unknown.</summary>
internal sealed class Judge(VendorDocument document, HttpExchange exchange)
{
    /// <summary>The status is one of success, and no rule says that the body is an error all the same.</summary>
    public bool IsSuccess(Operation operation, Answer answer, TemplateValues values)
        => answer.Status is { } status && operation.SuccessStatuses.Contains(status) && RuleFor(answer, values) is null;

    public ErrorClass Classify(Answer answer, TemplateValues values)
        => RuleFor(answer, values)?.Class
            // 429 says by itself that nothing was done, and what was not sent did nothing.
            ?? (answer.Status == 429 || answer.WasNotSent ? ErrorClass.Throttled : ErrorClass.Unknown);

    public string Code(Answer answer, TemplateValues values)
        => RuleFor(answer, values)?.Match.CodeIn(answer) is { Length: > 0 } code ? Redaction(answer, values).Code(code) : $"http-{answer.Status}";

    public Redaction Redaction(Answer answer, TemplateValues values)
        => new(document.Redact.Select(pointer => answer.Body?.Scalar(pointer)).Append(document.Operations.Issue?.Secret?.Scalar(answer, values)).Append(answer.Token?.RevealToRemote()).OfType<string>().Concat(values.Secrets));

    public TimeSpan After(Answer answer) => answer.RetryAfter ?? Own(answer) ?? exchange.DefaultRetryAfter;

    public static string? FirstUnmet(Operation operation, JsonBody body, TemplateValues values)
        => operation.Require.FirstOrDefault(predicate => !predicate.Holds(body, values))?.Pointer.Text;

    // An id is stored and shown, so it must be short, plain, and not the secret.
    public static bool IsUsableId(string? id, IEnumerable<string> secrets)
        => id is { Length: > 0 and <= 200 } && id.All(character => character is > ' ' and <= '~') && !secrets.Any(secret => id.Contains(secret, StringComparison.Ordinal));

    private ErrorRule? RuleFor(Answer answer, TemplateValues values) => document.Errors.FirstOrDefault(rule => rule.Match.Holds(answer, values));

    private TimeSpan? Own(Answer answer)
    {
        if (document.Pause is not { } pause || answer.Headers.GetValueOrDefault(pause.Name) is not { } said) return null;
        if (pause.Form is PauseForm.Seconds)
            return double.TryParse(said, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1_000_000
                ? HttpExchange.Bounded(TimeSpan.FromSeconds(seconds))
                : null;

        // An instant is on the remote's clock, so it is measured against that clock where it told it.
        return Pick.Read(said, pause.Form is PauseForm.Date ? InstantFormat.Rfc1123 : InstantFormat.UnixSeconds) is { } until
            ? HttpExchange.Bounded(until - (answer.RemoteDate ?? exchange.Now))
            : null;
    }
}
