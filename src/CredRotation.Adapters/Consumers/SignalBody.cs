using CredRotation.Engine.Reload;

namespace CredRotation.Adapters.Consumers;

/// <summary>The signal on the wire, at a hook, on a topic and in the answer to a heartbeat; its members are a contract with consumers.</summary>
public sealed record SignalBody(string Rotation, string Vault, string Secret, string Version, bool Rehearsal)
{
    public static SignalBody Of(ReloadSignal signal)
    {
        ArgumentNullException.ThrowIfNull(signal);
        return new(signal.Rotation.Value, signal.Secret.VaultUri.AbsoluteUri, signal.Secret.Name, signal.Version, signal.Rehearsal);
    }
}
