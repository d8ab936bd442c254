using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CredRotation.Benchmarks.Servers;

namespace CredRotation.Benchmarks.PgLoad;

/// <summary>Rotates the login of a real PostgreSQL again and again while an app works with it, and counts what the app noticed.</summary>
internal sealed record PgLoadCommand(int Rotations, int Clients)
{
    // Of the server's 200 connections some are the administrator's, the rotator's and the probes'.
    private const int RotationsMax = 10_000, ClientsMax = 150;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Null when the words are not these.</summary>
    public static PgLoadCommand? Read(IReadOnlyList<string> words)
    {
        var command = new PgLoadCommand(50, 16);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--json") continue;
            if (at + 1 == words.Count || !int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1) return null;
            switch (words[at++])
            {
                case "--rotations" when number <= RotationsMax: command = command with { Rotations = number }; break;
                case "--clients" when number <= ClientsMax: command = command with { Clients = number }; break;
                default: return null;
            }
        }

        return command;
    }

    public async Task<int> RunAsync(TextWriter answers, TextWriter progress, CancellationToken cancellationToken)
    {
        try
        {
            await using var server = await PostgreSql.StartAsync("ddl", cancellationToken);
            var report = await MeasureAsync(server, progress, cancellationToken);
            await answers.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
            return report.Missed.Count == 0 ? 0 : 1;
        }
        catch (ServerUnavailableException because)
        {
            await progress.WriteLineAsync(because.Message);
            return 1;
        }
    }

    internal async Task<PgLoadReport> MeasureAsync(PostgreSql server, TextWriter progress, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        await using var world = await PgLoadWorld.StartAsync(server, Clients, cancellationToken);
        var (retired, stuck, least, before) = (0, "", long.MaxValue, 0L);
        while (retired < Rotations)
        {
            if (!await world.RotateAsync(cancellationToken))
            {
                stuck = await world.DescribeAsync(cancellationToken);
                break;
            }

            retired++;
            least = Math.Min(least, world.App.Queries - before);
            before = world.App.Queries;
            await progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{retired} of {Rotations} rotations, {before} queries, {world.App.Failed} failed"));
        }

        // Counted when nobody works any more.
        await world.App.StopAsync();
        var inLog = await world.CountInLogAsync(cancellationToken);
        var report = new PgLoadReport(retired, Clients, Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1), world.App.Queries, world.App.Failed, world.App.Connections, world.Acknowledged, world.BothAccepted, world.OldRefused, retired == 0 ? 0 : least, inLog, []);
        return report with { Missed = [.. report.Missing(this, stuck, world.App.FirstFailure)] };
    }
}

/// <summary>What was counted; empty <paramref name="Missed"/>: the requirement is met.</summary>
/// <param name="Rotations">Those that ended with the old login retired.</param>
/// <param name="NewConnections">Times that the app signed in.</param>
/// <param name="BothAccepted">Rotations in which old and new signed in while the app moved.</param>
/// <param name="OldRefused">Rotations at whose end the old login was refused.</param>
/// <param name="LeastQueries">The fewest queries that ran during one rotation.</param>
/// <param name="PasswordsInLog">How many of all passwords stand in the server's log.</param>
internal sealed record PgLoadReport(int Rotations, int Clients, double Seconds, long Queries, long Failed, long NewConnections, long Acknowledged, int BothAccepted, int OldRefused, long LeastQueries, int PasswordsInLog, IReadOnlyList<string> Missed)
{
    public IEnumerable<string> Missing(PgLoadCommand wanted, string stuck, string? firstFailure)
    {
        if (Rotations != wanted.Rotations) yield return $"{Rotations} of {wanted.Rotations} rotations ended Retired; the next stands at {stuck}.";
        if (Failed != 0) yield return $"{Failed} queries failed, the first with {firstFailure}.";
        if (LeastQueries == 0) yield return "A rotation passed without a query, so it was not under load.";
        if (BothAccepted != Rotations) yield return $"Old and new were accepted together in {BothAccepted} of {Rotations} rotations.";
        if (OldRefused != Rotations) yield return $"The old login was refused at the end of {OldRefused} of {Rotations} rotations.";
        if (PasswordsInLog != 0) yield return $"{PasswordsInLog} passwords stand in the server's log.";
    }
}
