namespace CredRotation.Engine.Reload;

/// <summary>
/// What an instance that just said what it runs is still to be told. A hook behind a load balancer reaches one instance of several; the others
/// hear it with their next heartbeat.
/// </summary>
public static class PendingSignal
{
    /// <summary>Null: nothing; it runs what it is to run and has proved it, or its wave was not told yet.</summary>
    /// <param name="version">The version that the instance runs.</param>
    public static ReloadSignal? For(Rotation rotation, string alias, string instance, string version)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        if (rotation is not { IsOpen: true, State: RotationState.Promoted or RotationState.Reloaded or RotationState.RetireSent, RunningVersion: { } running }) return null;
        if (rotation.Consumers.FirstOrDefault(consumer => consumer.Alias == alias) is not { } consumer || (consumer.ToldOn ?? consumer.SignalledOn) is null) return null;

        // Named again although it runs it: without a signal it knows of no rotation that it could acknowledge.
        var isMissing = rotation.State is RotationState.Promoted && consumer.Missing.Contains(instance, StringComparer.Ordinal);
        return version != running || isMissing ? new ReloadSignal(rotation.Id, rotation.Plan.Secret, running, Rehearsal: false) : null;
    }
}
