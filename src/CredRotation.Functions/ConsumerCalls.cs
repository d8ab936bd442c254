using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions;

/// <summary>What the calls of consumers' instances have in common: who says it, of which credential, and words that are bounded.</summary>
public sealed class ConsumerCalls(ICredentialRegistry registry, IOptions<RotationOptions> options)
{
    private const int VersionMax = 64;

    /// <summary>Why the members cannot be what they say; null: they can.</summary>
    public static Problem? Fault(IReadOnlyDictionary<string, string> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (body["version"] is not { Length: > 0 and <= VersionMax } version || !version.All(char.IsAsciiLetterOrDigit)) return Problem.BadRequest("'version' is a Key Vault version id.");
        if (body["instance"] is not { Length: > 0 and <= ConsumerProgress.InstanceLengthMax } instance || instance.Any(char.IsControl)) return Problem.BadRequest($"'instance' is one line of at most {ConsumerProgress.InstanceLengthMax} characters.");
        return Endpoint.TryName(body, out _) ? null : Problem.NoSecretName;
    }

    /// <summary>The credential that the body names, and as which of its consumers the caller speaks. One answer for "no such credential" and "not yours": a consumer may not read what exists.</summary>
    public async Task<(CredentialRow Row, string Alias)?> FindAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        if (!Endpoint.TryName(visit.Body, out var secret) || await registry.FindAsync(CredentialId.Of(secret!), cancellationToken) is not { Released: null } row) return null;
        return AliasOf(visit.Caller, row.Binding) is { } alias ? (row, alias) : null;
    }

    /// <summary>As which of the binding's consumers the caller speaks; null: as none.</summary>
    public string? AliasOf(Caller caller, Binding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return binding.Consumers.FirstOrDefault(alias => options.Value.Consumers.TryGetValue(alias, out var consumer) && caller.Is(consumer.Principal));
    }

    public static Problem NotYours { get; } = Problem.NotAllowed("No managed credential of this name is used by this principal.");
}
