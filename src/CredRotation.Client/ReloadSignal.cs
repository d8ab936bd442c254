namespace CredRotation.Client;

/// <summary>What CredRotation tells an app: this version of this secret is to be run. It carries no value; the app reads the vault itself.</summary>
/// <param name="Vault">The vault's host or URI.</param>
/// <param name="Rehearsal">Only asks who would reload.</param>
public sealed record ReloadSignal(string Rotation, string Vault, string Secret, string Version, bool Rehearsal);

/// <summary>The instances that run the credential, as the answer to a signal.</summary>
public sealed record ReloadAnswer(IReadOnlyList<string> Instances);

/// <summary>The app's proof that an instance runs a version: sent after its first successful use, and after the last call on an older version ended.</summary>
public sealed record Acknowledgement(string Rotation, string Vault, string Secret, string Version, string Instance, DateTimeOffset FirstSuccessOn);

/// <summary>A version does not work for an instance.</summary>
/// <param name="What"><c>refused</c>: a remote did not accept it; <c>unreadable</c>: the vault did not hand it out.</param>
internal sealed record FailureReport(string Vault, string Secret, string Version, string Instance, string What);

/// <summary>An instance is there and runs this version.</summary>
/// <param name="Leaving"><c>true</c> when it stops.</param>
internal sealed record Heartbeat(
    string Vault,
    string Secret,
    string Version,
    string Instance,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] string? Leaving = null);

/// <summary>When to say it again, and what is to be run, if anything.</summary>
internal sealed record LeaseAnswer(double RenewAfterSeconds, ReloadSignal? Signal);
