using CredRotation.EmbeddedHost;
using CredRotation.Sandbox.Checkout;

namespace CredRotation.Benchmarks.KilledProcess;

/// <summary>Starts the app as a process of its own, as <c>dotnet run --project src/CredRotation.EmbeddedHost</c> does.</summary>
internal static class HostProcess
{
    private static readonly TimeSpan s_startMax = TimeSpan.FromSeconds(60);

    /// <summary>Answers once it listens. It outlives nobody: dispose it.</summary>
    public static async Task<ChildProcess> StartAsync(IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(s_startMax, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var (child, _) = await ChildProcess.StartAsync(typeof(EmbeddedApp).Assembly.Location, [], settings, line => line.StartsWith("CredRotation listens on ", StringComparison.Ordinal), either.Token);
        return child;
    }
}
