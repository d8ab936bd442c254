using System.Globalization;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Setup;

/// <summary>
/// Asks every probe what the app still needs, keeps the answer for all hosts, lowers the mode where a rotation could not succeed, and tells
/// people once what is missing, and again when more is.
/// </summary>
public sealed partial class SetupCheck
{
    /// <summary>How long the stored answer decides before it is looked at again; a host that made it knows it at once.</summary>
    private static readonly TimeSpan s_keptFor = TimeSpan.FromMinutes(1);

    /// <summary>After so long an answer decides nothing any more: a right may have been granted while nobody looked.</summary>
    private static readonly TimeSpan s_validFor = TimeSpan.FromHours(6);

    private static readonly RowKey s_report = new("setup", "report");
    private static readonly RowKey s_told = new("setup", "told");

    private readonly IReadOnlyList<ISetupProbe> _probes;
    private readonly IRowStore _rows;
    private readonly INotifier _notifier;
    private readonly RotationOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<SetupCheck> _logger;
    private (DateTimeOffset On, SetupReport? Report)? _kept;

    internal SetupCheck(IEnumerable<ISetupProbe> probes, IRowStore rows, INotifier notifier, IOptions<RotationOptions> options, TimeProvider clock, ILogger<SetupCheck> logger)
        => (_probes, _rows, _notifier, _options, _clock, _logger) = ([.. probes], rows, notifier, options.Value, clock, logger);

    /// <summary>Looks now.</summary>
    public async Task<SetupReport> RunAsync(CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(_probes.Select(probe => probe.ProbeAsync(cancellationToken)));
        var report = new SetupReport(_clock.GetUtcNow(), _options.Mode, [.. answers.SelectMany(needs => needs)]);
        _kept = (report.On, report);
        try
        {
            await WriteAsync(s_report, EngineJson.Write(report), cancellationToken);
        }
        catch (RemoteTroubleException trouble)
        {
            // The report itself says that the store is in trouble.
            LogNotKept(_logger, trouble.Message);
        }

        return report;
    }

    /// <summary>Looks, and tells people what is missing that they were not told of: a card on the first start, another when something is lost.</summary>
    public async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        var report = await RunAsync(cancellationToken);
        var missing = report.Needs.Where(need => need.IsMissing).ToList();
        foreach (var need in missing) LogMissing(_logger, need.Name, need.Detail, need.Without, need.Command ?? "nothing to run");

        var stored = await _rows.FindAsync(s_told, cancellationToken);
        if (stored is not null && RowFormat.IsNewer(stored.Body, Told.CurrentFormat)) return;
        var told = stored is null ? null : EngineJson.Read<Told>(stored.Body);
        var names = missing.Select(need => need.Name).ToList();
        if (told is not null && names.All(told.Names.Contains))
        {
            // What was granted and is lost again is news.
            if (names.Count < told.Names.Count) await WriteAsync(s_told, EngineJson.Write(new Told(names)), cancellationToken);
            return;
        }

        try
        {
            await _notifier.NotifyAsync(Card(report, missing, isFirst: told is null), cancellationToken);
        }
        catch (RemoteTroubleException trouble)
        {
            // Told at the next sweep; the log has it all.
            LogNotTold(_logger, trouble.Message);
            return;
        }

        await WriteAsync(s_told, EngineJson.Write(new Told(names)), cancellationToken);
    }

    /// <summary>The most that can be done with secrets of a vault, by the newest answer there is. Without one, or with an old one, nothing is lowered.</summary>
    internal async Task<RotationMode> CeilingAsync(string vaultHost, CancellationToken cancellationToken)
    {
        if (_probes.Count == 0) return RotationMode.Rotate;

        var now = _clock.GetUtcNow();
        if (_kept is not { } kept || now - kept.On > s_keptFor) _kept = kept = (now, await ReadAsync(cancellationToken));
        return kept.Report is { } report && now - report.On < s_validFor ? report.CeilingOf(vaultHost) : RotationMode.Rotate;
    }

    private async Task<SetupReport?> ReadAsync(CancellationToken cancellationToken)
        => await _rows.FindAsync(s_report, cancellationToken) is { } stored && !RowFormat.IsNewer(stored.Body, SetupReport.CurrentFormat) ? EngineJson.Read<SetupReport>(stored.Body) : null;

    private async Task WriteAsync(RowKey key, string body, CancellationToken cancellationToken)
    {
        // Another host's answer is as good as ours.
        if (await _rows.FindAsync(key, cancellationToken) is not { } stored) await _rows.TryInsertAsync(key, body, cancellationToken);
        else if (!RowFormat.IsNewer(stored.Body, SetupReport.CurrentFormat)) await _rows.TryReplaceAsync(stored, body, cancellationToken);
    }

    private static Notice Card(SetupReport report, List<Need> missing, bool isFirst) => new(
        NoticeKind.Setup,
        null,
        missing.Count == 0 ? "CredRotation is set up" : isFirst ? "CredRotation runs, and needs something" : "CredRotation lost something it needs",
        missing.Count == 0
            ? $"Nothing is known to be missing. The mode is {report.Mode}."
            : string.Create(CultureInfo.InvariantCulture, $"{missing.Count} of {report.Needs.Count} needs are missing. {string.Join(" ", report.Lowered)}"),
        "Every credential in use keeps working. What each line names does not work, and everything else does.",
        missing.Count == 0 ? "Open the setup check: it says what cannot be told from here, and proves that cards arrive." : "Open the setup check: each line has the exact command for whoever may grant it.",
        [.. missing.Select(need => new NoticeFact(need.Name, $"{need.Detail} Without it: {need.Without}"))],
        [],
        "/api/pages/setup");

    private sealed record Told(IReadOnlyList<string> Names)
    {
        public const int CurrentFormat = 1;

        public int Format { get; init; } = CurrentFormat;
    }

    [LoggerMessage(1, LogLevel.Warning, "Missing: {Need}. {Detail} Without it: {Without} To grant it: {Command}")]
    private static partial void LogMissing(ILogger logger, string need, string detail, string without, string command);

    [LoggerMessage(2, LogLevel.Warning, "Nobody could be told what is missing: {Trouble} It is tried again after the next sweep.")]
    private static partial void LogNotTold(ILogger logger, string trouble);

    [LoggerMessage(3, LogLevel.Warning, "The answer of the setup check could not be kept for other hosts: {Trouble}")]
    private static partial void LogNotKept(ILogger logger, string trouble);
}
