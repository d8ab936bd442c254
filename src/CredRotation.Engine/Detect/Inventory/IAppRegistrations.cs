namespace CredRotation.Engine.Detect.Inventory;

/// <summary>The tenant's app registrations, never a value. May throw <see cref="RemoteTroubleException"/>; what was listed until then stands.</summary>
public interface IAppRegistrations
{
    IAsyncEnumerable<AppRegistrationSeen> ListAsync(CancellationToken cancellationToken);
}

/// <summary>One app registration as the directory lists it.</summary>
/// <param name="AppId">Its application (client) id.</param>
/// <param name="Name">Its display name, bounded and harmless.</param>
public sealed record AppRegistrationSeen(string AppId, string Name, IReadOnlyList<AppCredentialSeen> Credentials);

/// <summary>One secret or certificate of an app registration.</summary>
/// <param name="Kind"><see cref="VaultObjectKind.Secret"/> or <see cref="VaultObjectKind.Certificate"/>.</param>
public sealed record AppCredentialSeen(VaultObjectKind Kind, string KeyId, DateTimeOffset? ExpiresOn);
