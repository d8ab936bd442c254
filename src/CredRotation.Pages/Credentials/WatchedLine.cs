using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Releases;

namespace CredRotation.Pages.Credentials;

/// <summary>An object that is only watched, and its release where it was managed before.</summary>
public sealed record WatchedLine(VaultObject Seen, string? Credential = null, ReleasedAdoption? Released = null);
