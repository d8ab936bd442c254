using CredRotation.Sandbox.World;

namespace CredRotation.Benchmarks.KilledProcess;

/// <summary>Every point at which the app can be killed in one rotation at a provider of this kind: counted in a rotation that nobody kills.</summary>
/// <param name="Class">What the traits of this provider come to.</param>
internal sealed record KillPlan(string Provider, string Class, IReadOnlyList<SeenRequest> Requests)
{
    public static IReadOnlyList<string> Providers { get; } = [SandboxNames.Provider, SandboxNames.CredentialProvider];

    /// <summary>
    /// The few of them that run with every test: around what changes something outside, from the reservation to the end of the old credential. The
    /// first write to staging makes the installation's key and belongs to no rotation; confirming that a secret is writable changes nothing.
    /// </summary>
    public static IReadOnlyList<Kill> Sample { get; } = [.. Providers.SelectMany(provider => EffectsOf(provider).SelectMany(effect => Kill.Around(provider, effect)))];

    public IEnumerable<Kill> Kills => Requests.SelectMany(request => Kill.Around(Provider, request));

    public static string ClassOf(string provider) => provider == SandboxNames.CredentialProvider ? "overlap-until-retired" : "overlap-timer-issue";

    private static IEnumerable<SeenRequest> EffectsOf(string provider)
    {
        yield return new SeenRequest("vault.write@staging", 2);
        yield return new SeenRequest(provider == SandboxNames.CredentialProvider ? "gateway.create" : "gateway.generate", 1);
        yield return new SeenRequest("vault.write@staging", 3);
        yield return new SeenRequest("vault.write@payments", 1);
        if (provider == SandboxNames.CredentialProvider) yield return new SeenRequest("gateway.update", 1);
    }

    /// <summary>Throws when the rotation that nobody killed did not go well, or when one of the sample is not in it.</summary>
    public static async Task<KillPlan> EnumerateAsync(string provider, SemaphoreSlim busy, CancellationToken cancellationToken)
    {
        var outcome = await KilledRotation.RunAsync(provider, null, 1, busy, cancellationToken);
        // A sweep looks at everything again and again while a rotation waits; the first is killed like the rest.
        var plan = new KillPlan(provider, ClassOf(provider), [.. outcome.Requests.Where(request => request.Occurrence == 1 || !request.Operation.StartsWith(SeenRequest.Outside, StringComparison.Ordinal))]);
        List<string> shortfalls = [.. outcome.Shortfalls(), .. EffectsOf(provider).Except(plan.Requests).Select(effect => $"it never came to {effect.Operation} #{effect.Occurrence}")];
        return shortfalls.Count == 0 ? plan : throw new InvalidOperationException($"The rotation at {provider} that nobody killed: {string.Join("; ", shortfalls)}");
    }
}
