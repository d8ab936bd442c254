using CredRotation.Adapters.Storage;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Setup;

namespace CredRotation.Adapters.Setup;

/// <summary>Whether rows can be read, written and removed, and queues be looked at, by doing it in a place of its own.</summary>
internal sealed class StorageNeeds(IRowStore rows, IMessageQueue queue, StorageOptions options) : ISetupProbe
{
    private static readonly RowKey s_key = new("setup", "probe");

    public async Task<IReadOnlyList<Need>> ProbeAsync(CancellationToken cancellationToken) =>
    [
        await AskAsync("registry and ledger", "Storage Table Data Contributor", "No rotation moves, and nothing is remembered.", RowsAsync, cancellationToken),
        await AskAsync("queues", "Storage Queue Data Contributor", "Nobody is woken by events or by people; only what a sweep runs by itself goes on.", QueuesAsync, cancellationToken),
    ];

    private async Task<Need> AskAsync(string name, string role, string without, Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        var need = new Need(name, NeedState.Met, options.IsAccount ? "Reading and writing works." : "A file on this machine; reading and writing works.", without,
            options.IsAccount ? RoleCommand.OnAccount(role, options.AccountName ?? "<account>", null) : null, options.IsAccount ? RoleCommand.AccountAdmins : null);
        try
        {
            await ask(cancellationToken);
            return need;
        }
        catch (RemoteTroubleException trouble)
        {
            return need with { State = trouble.Trouble is RemoteTrouble.Denied or RemoteTrouble.Firewall or RemoteTrouble.NotFound ? NeedState.Missing : NeedState.Unknown, Detail = trouble.Message };
        }
    }

    private async Task RowsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var stored = await rows.FindAsync(s_key, cancellationToken);
            await rows.DeleteAsync(s_key, stored?.Tag ?? await rows.InsertAsync(s_key, "{}", cancellationToken), cancellationToken);
        }
        catch (RowConflictException)
        {
            // Another host asks in the same moment: it reads and writes, too.
        }
    }

    private Task QueuesAsync(CancellationToken cancellationToken) => queue.CountAsync(cancellationToken);
}
