using System.Collections.Immutable;
using CredRotation.Engine;

namespace CredRotation.Providers.Http.Answers;

/// <summary>What came back from one request, bounded: a status if there was one, a body only if it was whole and readable.</summary>
/// <param name="Status">Null: no answer arrived, and the request may have had its effect.</param>
/// <param name="RetryAfter">How long the remote asks us to stay away, never negative.</param>
/// <param name="Trouble">In our own words, why something is missing; never remote text.</param>
internal sealed record Answer(int? Status, DateTimeOffset? RemoteDate, TimeSpan? RetryAfter, JsonBody? Body, string? Trouble) : IDisposable
{
    public static Answer Lost(string trouble) => new(null, null, null, null, trouble);

    /// <summary>Nothing went out, so nothing happened; later it may.</summary>
    public static Answer NotSent(string trouble) => new(null, null, null, null, trouble) { WasNotSent = true };

    /// <summary>The request was held back by us.</summary>
    public bool WasNotSent { get; private init; }

    /// <summary>What a file may look for in the headers, by name; bounded, and never logged.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The token that it was asked with, so that no echo of it is taken for a code.</summary>
    public SecretText? Token { get; init; }

    /// <summary>What happened, for people: one sentence.</summary>
    public string Words => (Status, Trouble) switch
    {
        (null, _) when WasNotSent => $"The call was not made: {Trouble}.",
        (null, _) => $"The call ended without an answer: {Trouble}.",
        ( >= 300 and < 400, _) => $"The provider answered {Status}, a redirect, which is never followed.",
        (_, null) => $"The provider answered {Status}.",
        _ => $"The provider answered {Status}, but {Trouble}.",
    };

    public void Dispose() => Body?.Dispose();
}
