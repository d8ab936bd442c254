using CredRotation.Engine;
using CredRotation.Sandbox.World;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Replay;

/// <summary>What every day must show, however it began.</summary>
internal static class Requirements
{
    public static IEnumerable<string> Of(SandboxWorld world, Rotation first, Rotation second, CanarySearch canary)
    {
        if (first.State is not RotationState.Retired) yield return $"The first rotation ended {first.State}.";
        if (second.State is not RotationState.Retired) yield return $"The second rotation ended {second.State}.";
        if (world.LivePaymentKeys.Count != 1) yield return $"{world.LivePaymentKeys.Count} payment keys live at the end.";
        if (world.Options.HasCredentials)
            foreach (var shortfall in OfCredentials(world)) yield return shortfall;
        if (world.Checkout.Starts != 1) yield return "The shop was started again.";
        if (canary.KeysSearched == 0) yield return "No key was searched for.";
        foreach (var hit in canary.Hits) yield return $"A key was written or shown: {hit}.";
    }

    /// <summary>At the gateway itself: what was replaced is disabled, what is current lives, and nobody else's was touched.</summary>
    private static IEnumerable<string> OfCredentials(SandboxWorld world)
    {
        var credentials = world.Gateway.Credentials;
        if (credentials.Single(credential => credential.Id == SandboxNames.PaymentsCredential).IsActive) yield return "The first credential was never disabled.";
        if (!credentials.Single(credential => credential.Id == SandboxNames.StrangersCredential).IsActive) yield return "A stranger's credential was disabled.";
        if (!credentials.Single(credential => credential.Id == SandboxNames.ManagementCredential).IsActive) yield return "The management credential was disabled.";

        var made = credentials.Where(credential => credential.Description?.StartsWith("rot-", StringComparison.Ordinal) is true).ToList();
        if (made.Count != 2) yield return $"{made.Count} credentials were made in two rotations.";
        if (made.Count(credential => credential.IsActive) is var active && active != 1) yield return $"{active} credentials of ours live at the end.";
    }
}

/// <summary>What the simulated systems saw of a rotation, to hold against what the rotation noted.</summary>
internal sealed record Seen(int Vault, int Provider, int Notifications, int Events, int OwnerChecks)
{
    public static Seen Now(SandboxWorld world, Rotation rotation) => new(
        world.Vault.Requests.Count(request => request.ClientRequestId.StartsWith($"rot-{rotation.Id.Value}-", StringComparison.Ordinal)),
        world.Gateway.Requests.Count,
        // Digests of a sweep are about everything that is watched and lead elsewhere.
        world.Inbox.Messages.Count(message => message.Body.Contains($"/api/pages/rotation/{rotation.Id.Value}", StringComparison.Ordinal)),
        world.Topic.Events.Count(published => published.Body["id"]?.ToString() == rotation.Id.Value),
        world.Faults.Operations.Count(operation => operation.StartsWith("directory.", StringComparison.Ordinal)));

    public IEnumerable<string> Differences(IReadOnlyList<RemoteCall> calls)
    {
        var noted = RemoteCallsReport.Of(calls);
        if (noted.Vault != Vault) yield return $"Vault calls: the rotation noted {noted.Vault}, the sandbox saw {Vault}.";
        if (noted.Provider != Provider) yield return $"Provider calls: the rotation noted {noted.Provider}, the sandbox saw {Provider}.";
        if (calls.Count(call => !RemoteCallsReport.IsCounted(call)) is var events && events != Events) yield return $"Publications: the rotation noted {events}, the sandbox saw {Events}.";
        if (noted.Notifications != Notifications) yield return $"Notifications: the rotation noted {noted.Notifications}, the sandbox saw {Notifications}.";
    }
}
