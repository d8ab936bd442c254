using CredRotation.Testing;

namespace CredRotation.Benchmarks.KilledProcess;

/// <summary>A request that the simulated systems see: what was asked, and for which time in this rotation.</summary>
/// <param name="Operation">As <see cref="SeenRequest.NameOf"/> names it.</param>
internal sealed record SeenRequest(string Operation, int Occurrence)
{
    /// <summary>What an operation outside of any rotation is called: a sweep's look at everything, or the installation's own key.</summary>
    public const string Outside = "outside:";

    /// <summary>Null for what is not the app's: the shop takes payments and reads its key.</summary>
    /// <param name="requestId">What the caller named the request. Every vault call of a credential's visit is named after it.</param>
    public static string? NameOf(string operation, string? requestId)
    {
        if (operation == "gateway.payment") return null;
        if (!operation.StartsWith("vault.", StringComparison.Ordinal) || requestId?.StartsWith("rot-", StringComparison.Ordinal) is true) return operation;

        // Only the shop reads values without saying for which rotation, and only from the vault that it is allowed to read.
        return operation == "vault.read@payments" ? null : Outside + operation;
    }
}

/// <summary>Where the app is killed: before or after a request of a rotation at a provider of this kind.</summary>
internal sealed record Kill(string Provider, SeenRequest Request, FaultPoint Point)
{
    public static IEnumerable<Kill> Around(string provider, SeenRequest request) => [new(provider, request, FaultPoint.Before), new(provider, request, FaultPoint.After)];

    public override string ToString() => $"{Provider}: {Point} {Request.Operation} #{Request.Occurrence}";
}
