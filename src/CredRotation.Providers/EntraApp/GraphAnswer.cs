using System.Globalization;
using CredRotation.Providers.Http.Answers;

namespace CredRotation.Providers.EntraApp;

/// <summary>What came back from one call to Microsoft Graph: a value, a refusal in Graph's codes, or that nothing is known.</summary>
/// <param name="Status">Null: no answer arrived, or none that can be read.</param>
/// <param name="Words">What happened, for people: one sentence in our own words.</param>
internal sealed record GraphAnswer<T>(T? Value, int? Status, string? RawCode, TimeSpan? RetryAfter, string Words, bool WasNotSent = false)
{
    // Source: Microsoft Graph, "application: addPassword" and app management policies: what a tenant forbids is refused under such a code.
    private const string PolicyEnding = "AsPerAppPolicy";

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>Nothing happened; later it may. 409 is a change of the same object at the same time.</summary>
    public bool IsLater => WasNotSent || Status is 429 || (Status is 409 && RawCode is "Directory_ConcurrencyViolation");

    /// <summary>Nothing happened, and asking again changes nothing.</summary>
    public bool IsRefused => !IsLater && Status is 400 or 401 or 403 or 404 or 405 or 409 or 422;

    /// <summary>Nothing happened: the application holds as many as it may.</summary>
    public bool IsFull => IsRefused && RawCode is "Directory_QuotaExceeded";

    /// <summary>Bounded and harmless; says when it is the tenant's own policy that forbids.</summary>
    public string Code => RawCode is not { Length: > 0 } code ? string.Create(CultureInfo.InvariantCulture, $"http-{Status}")
        : code.EndsWith(PolicyEnding, StringComparison.Ordinal) ? $"tenant-policy:{new Redaction([]).Code(code)}"
        : new Redaction([]).Code(code);
}
