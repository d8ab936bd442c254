using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Functions;

/// <summary>Leaves word for a credential's next visit and asks for that visit; decides nothing.</summary>
public sealed class Inbox(ICredentialRegistry registry, IWorkQueue queue, TimeProvider time)
{
    public async Task PutAsync(CredentialId credential, Func<DateTimeOffset, InboxItem> item, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(item);
        await registry.TellAsync(credential, item(time.GetUtcNow()), cancellationToken);
        await queue.SendAsync(credential, TimeSpan.Zero, cancellationToken);
    }
}
