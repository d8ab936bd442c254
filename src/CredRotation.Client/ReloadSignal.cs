namespace CredRotation.Client;

/// <summary>What CredRotation tells an app: this version of this secret is to be run. It carries no value; the app reads the vault itself.</summary>
/// <param name="Vault">The vault's host or URI.</param>
/// <param name="Rehearsal">Only asks who would reload.</param>
public sealed record ReloadSignal(string Rotation, string Vault, string Secret, string Version, bool Rehearsal);

/// <summary>The instances that run the credential, as the answer to a signal.</summary>
public sealed record ReloadAnswer(IReadOnlyList<string> Instances);

/// <summary>The app's proof that an instance runs a version: sent after its first successful use, and after the last call on an older version ended.</summary>
public sealed record Acknowledgement(string Rotation, string Vault, string Secret, string Version, string Instance, DateTimeOffset FirstSuccessOn);
