using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Health;

/// <summary>Keeps one row per heartbeat. Several hosts write the same rows; the newest success wins.</summary>
internal sealed class Heartbeats(IRowStore rows, TimeProvider clock)
{
    public const string Sweep = "sweep";
    public const string Wake = "wake";
    public const string Anchor = "anchor";

    private const string Partition = "beat";

    public static string OfVault(string host) => $"vault-{host}";

    public async Task<IReadOnlyList<Heartbeat>> ListAsync(CancellationToken cancellationToken)
        => await rows.ScanAllAsync(Partition, "", cancellationToken).Select(row => EngineJson.Read<Heartbeat>(row.Body)).ToListAsync(cancellationToken);

    public Task StartAsync(string name, CancellationToken cancellationToken)
        => ChangeAsync(name, (beat, now) => beat with { StartedOn = now }, cancellationToken);

    public Task SucceedAsync(string name, CancellationToken cancellationToken)
        => ChangeAsync(name, (beat, now) => beat with { SucceededOn = now, Trouble = null }, cancellationToken);

    public Task FailAsync(string name, string trouble, CancellationToken cancellationToken)
        => ChangeAsync(name, (beat, _) => beat with { Trouble = trouble }, cancellationToken);

    private async Task ChangeAsync(string name, Func<Heartbeat, DateTimeOffset, Heartbeat> change, CancellationToken cancellationToken)
    {
        // Where another host writes at the same time, a second look is enough: both say that it runs.
        const int triesMax = 2;
        var key = new RowKey(Partition, Base32.Hash20(name));
        for (var attempt = 1; attempt <= triesMax; attempt++)
        {
            var now = clock.GetUtcNow();
            var stored = await rows.FindAsync(key, cancellationToken);
            var beat = stored is null ? new Heartbeat(name, now, now, null, null) : EngineJson.Read<Heartbeat>(stored.Body);
            // A newer version's row stays as it is: health then says that this one is late, which stops nothing.
            if (beat.Format > Heartbeat.CurrentFormat) return;
            var body = EngineJson.Write(change(beat, now));
            if (stored is null ? await rows.TryInsertAsync(key, body, cancellationToken) : await rows.TryReplaceAsync(stored, body, cancellationToken)) return;
        }
    }
}
