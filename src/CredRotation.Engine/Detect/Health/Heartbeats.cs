using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Detect.Health;

/// <summary>Keeps one row per heartbeat. Several hosts write the same rows; the newest success wins.</summary>
internal sealed class Heartbeats(IRowStore rows, TimeProvider clock)
{
    public const string Sweep = "sweep";
    public const string Wake = "wake";
    public const string Anchor = "anchor";
    public const string Reminders = "reminders";

    private const string Partition = "beat";

    public static string OfVault(string host) => $"vault-{host}";

    public static string OfEvents(string host) => $"events-{host}";

    public async Task<HeartbeatReadings> ReadAsync(CancellationToken cancellationToken)
        => new(await rows.ScanAllAsync(Partition, "", cancellationToken).ToDictionaryAsync(row => row.Key.Row, row => TryRead(row.Body), cancellationToken: cancellationToken));

    public Task StartAsync(string name, CancellationToken cancellationToken)
        => ChangeAsync(name, (beat, now) => beat with { StartedOn = now }, cancellationToken);

    public async Task SucceedAsync(string name, CancellationToken cancellationToken)
    {
        await ChangeAsync(name, (beat, now) => beat with { SucceededOn = now, Trouble = null }, cancellationToken);
        // The others are named after vaults, of which monitoring learns nothing.
        if (name is Sweep or Wake or Anchor or Reminders) RotationTelemetry.CountHeartbeat(name);
    }

    public Task FailAsync(string name, string trouble, CancellationToken cancellationToken)
        => ChangeAsync(name, (beat, _) => beat with { Trouble = trouble }, cancellationToken);

    private async Task ChangeAsync(string name, Func<Heartbeat, DateTimeOffset, Heartbeat> change, CancellationToken cancellationToken)
    {
        // Where another host writes at the same time, a second look is enough: both say that it runs.
        const int triesMax = 2;
        var key = new RowKey(Partition, RowOf(name));
        for (var attempt = 1; attempt <= triesMax; attempt++)
        {
            var now = clock.GetUtcNow();
            var stored = await rows.FindAsync(key, cancellationToken);
            // A newer version's row stays as it is: health says so, which stops nothing.
            if ((stored is null ? new Heartbeat(name, now, now, null, null) : TryRead(stored.Body)) is not { } beat) return;
            var body = EngineJson.Write(change(beat, now));
            if (stored is null ? await rows.TryInsertAsync(key, body, cancellationToken) : await rows.TryReplaceAsync(stored, body, cancellationToken)) return;
        }
    }

    public static string RowOf(string name) => Base32.Hash20(name);

    /// <summary>Null: of a newer format.</summary>
    private static Heartbeat? TryRead(string body) => RowFormat.IsNewer(body, Heartbeat.CurrentFormat) ? null : EngineJson.Read<Heartbeat>(body);
}

/// <summary>Every heartbeat that was ever written, by its row.</summary>
internal sealed class HeartbeatReadings(IReadOnlyDictionary<string, Heartbeat?> byRow)
{
    public Heartbeat? Find(string name) => byRow.GetValueOrDefault(Heartbeats.RowOf(name));

    /// <summary>Its row was written by a newer version, which alone can read it.</summary>
    public bool IsNewer(string name) => byRow.TryGetValue(Heartbeats.RowOf(name), out var beat) && beat is null;
}
