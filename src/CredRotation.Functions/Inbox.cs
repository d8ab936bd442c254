using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Functions;

/// <summary>Leaves word for a credential's next visit, which the registry asks for; decides nothing.</summary>
public sealed class Inbox(ICredentialRegistry registry, TimeProvider time)
{
    public Task PutAsync(CredentialId credential, Func<DateTimeOffset, InboxItem> item, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(item);
        return registry.TellAsync(credential, item(time.GetUtcNow()), cancellationToken);
    }
}
