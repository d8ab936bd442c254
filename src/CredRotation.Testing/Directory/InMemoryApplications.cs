using System.Runtime.CompilerServices;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;

namespace CredRotation.Testing;

/// <summary>An <see cref="ApplicationModel"/> as the engine's port, without HTTP.</summary>
public sealed class InMemoryApplications(ApplicationModel model) : IAppRegistrations
{
    public async IAsyncEnumerable<AppRegistrationSeen> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        if (!model.MayReadAll) throw new RemoteTroubleException("directory", RemoteTrouble.Denied, "The directory does not let the app's identity list applications.");
        foreach (var app in model.Apps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new AppRegistrationSeen(app.AppId, app.Name,
            [
                .. model.ListedOf(app).Select(secret => new AppCredentialSeen(VaultObjectKind.Secret, secret.KeyId.ToString(), secret.EndOn)),
                .. app.Certificates.Select(certificate => new AppCredentialSeen(VaultObjectKind.Certificate, certificate.KeyId.ToString(), certificate.EndOn)),
            ]);
        }
    }
}
