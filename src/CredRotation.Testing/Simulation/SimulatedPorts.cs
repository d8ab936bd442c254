using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;

namespace CredRotation.Testing.Simulation;

/// <summary>Everything that one host of a simulation stands on. Whoever wants to see a rule missed alters it on the way in; the engine is always the shipped one.</summary>
public sealed record SimulatedPorts(
    IRowStore Rows,
    IWorkQueue Queue,
    ICredentialVault Vault,
    IOwnerDirectory Directory,
    IConsumerSignal Consumers,
    INotifier Notifier,
    IRotationEvents Events,
    ICredentialProvider Provider,
    TimeProvider Clock,
    RotationOptions Options);
