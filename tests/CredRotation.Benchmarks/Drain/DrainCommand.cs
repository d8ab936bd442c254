using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CredRotation.Adapters.Storage;
using CredRotation.Benchmarks.Servers;

namespace CredRotation.Benchmarks.Drain;

/// <summary>
/// Drains many approved rotations through the queue of a real store, once a file and once a storage account. CPU is this process's alone, with
/// the simulated vaults, vendor and consumers in it, and without the account's server.
/// </summary>
internal sealed record DrainCommand(int Rotations)
{
    private const int RotationsMax = 100_000;
    private const double CpuMsMax = 50;
    private const int Seed = 1;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    /// <summary>Null when the words are not these.</summary>
    public static DrainCommand? Read(IReadOnlyList<string> words)
    {
        var command = new DrainCommand(1000);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--json") continue;
            if (at + 1 == words.Count || words[at] is not "--rotations" || !int.TryParse(words[++at], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > RotationsMax) return null;
            command = command with { Rotations = number };
        }

        return command;
    }

    public async Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("credrotation-drain-");
        try
        {
            using var database = new SqliteDatabase(Path.Combine(folder.FullName, "drain.db"));
            var sqlite = await MeasureAsync("sqlite", clock => new DrainWorld(Rotations, Seed, time => new SqliteRowStore(database, time), time => new SqliteWorkQueue(database, time)), progress, cancellationToken);

            await using var server = await Azurite.StartAsync(cancellationToken);
            using var wire = new AccountWire();
            var azurite = await MeasureAsync("azurite", _ => new DrainWorld(Rotations, Seed, time => Table(wire, server, time), _ => new StorageWorkQueue(AccountWire.Queues(server.Queues))), progress, cancellationToken);

            var report = new DrainReport(sqlite, azurite, [.. sqlite.Missed(Rotations, CpuMsMax).Select(missed => $"sqlite: {missed}"), .. azurite.Missed(Rotations, CpuMsMax).Select(missed => $"azurite: {missed}")]);
            await answers.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
            return report.Missed.Count == 0 ? 0 : 1;
        }
        catch (ServerUnavailableException because)
        {
            await progress.WriteLineAsync(because.Message);
            return 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    internal async Task<Drained> MeasureAsync(string store, Func<int, DrainWorld> make, TextWriter progress, CancellationToken cancellationToken)
    {
        await using var world = make(Rotations);
        await progress.WriteLineAsync($"{store}: opening and approving {Rotations} rotations");
        await world.PrepareAsync(cancellationToken);

        using var process = Process.GetCurrentProcess();
        var (started, cpu, writes, reads) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime, world.Writes, world.Reads);
        var wakes = await world.DrainAsync(open => progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{store}: {open} of {Rotations} open after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s")), cancellationToken);
        process.Refresh();
        var (seconds, spent) = (Stopwatch.GetElapsedTime(started).TotalSeconds, process.TotalProcessorTime - cpu);

        return new Drained(
            Math.Round(seconds, 1),
            Math.Round(Rotations / seconds, 1),
            Math.Round(spent.TotalMilliseconds / Rotations, 2),
            Math.Round((world.Writes - writes) / (double)Rotations, 2),
            IsOrdered(world.Credentials, world.Order),
            new DrainMeasured(await world.CountRetiredAsync(cancellationToken), wakes, Math.Round((world.Reads - reads) / (double)Rotations, 2), DrainWorld.Lanes));
    }

    /// <summary>
    /// Whether ready work was taken by time left: nothing was taken earlier or later, by more places than there are lanes that take at once,
    /// than its time left says.
    /// </summary>
    internal static bool IsOrdered<T>(IReadOnlyList<T> byTimeLeft, IReadOnlyList<T> taken)
        where T : notnull
    {
        var places = byTimeLeft.Select((item, place) => (item, place)).ToDictionary(one => one.item, one => one.place);
        return taken.Count == byTimeLeft.Count && taken.Select((item, at) => Math.Abs(places[item] - at)).All(off => off <= DrainWorld.Lanes);
    }

    private static TableRowStore Table(AccountWire wire, Azurite server, TimeProvider clock)
    {
        wire.Clock = clock;
        return new TableRowStore(wire.Tables(server.Tables));
    }
}

/// <summary>How one store drained.</summary>
internal sealed record Drained(double Seconds, double PerSecond, double CpuMsPerRotation, double LedgerWritesPerRotation, bool OrderedByTimeLeft, DrainMeasured Measured)
{
    public IEnumerable<string> Missed(int rotations, double cpuMsMax)
    {
        if (Measured.Retired != rotations) yield return $"{Measured.Retired} of {rotations} rotations ended Retired.";
        if (CpuMsPerRotation > cpuMsMax) yield return string.Create(CultureInfo.InvariantCulture, $"cpuMsPerRotation is {CpuMsPerRotation}; it must be at most {cpuMsMax}.");
        if (!OrderedByTimeLeft) yield return "Ready work was not taken by time left.";
    }
}

/// <summary>Beside the requirement.</summary>
/// <param name="Lanes">Messages worked on at once.</param>
internal sealed record DrainMeasured(int Retired, int Wakes, double LedgerReadsPerRotation, int Lanes);

/// <summary>Both stores; empty <paramref name="Missed"/>: the requirement is met.</summary>
internal sealed record DrainReport(Drained Sqlite, Drained Azurite, IReadOnlyList<string> Missed);
