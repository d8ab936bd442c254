using System.Globalization;
using CredRotation.Engine.Detect.Health;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Evidence;

/// <summary>The head of one credential's chain.</summary>
public sealed record AnchoredHead(CredentialId Credential, long Sequence, string Hash);

/// <summary>Every chain's head at one moment.</summary>
/// <param name="Digest">SHA-256 over all lines <c>credential sequence hash</c> in the order of the credentials, each ended by a line feed.</param>
/// <param name="Part">1, 2, ...: an anchor of many credentials comes in parts.</param>
public sealed record ChainAnchor(DateTimeOffset TakenOn, string Digest, int Credentials, int Part, int Parts, IReadOnlyList<AnchoredHead> Heads);

/// <summary>
/// Once a day carries every chain's head out of the ledger: into the app's log, which others keep, and to the topic where one is configured.
/// Whoever rewrites a ledger would have to rewrite those, too. Trouble here never stops a sweep; it is tried again with the next.
/// </summary>
internal sealed partial class ChainAnchors(CredentialRegistry registry, Heartbeats heartbeats, IEnumerable<IRotationEvents> topics, IOptions<RotationOptions> options, TimeProvider clock, ILogger<ChainAnchors> logger)
{
    /// <summary>Heads in one message: far below the 1 MB that a topic takes.</summary>
    public const int PartMax = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        var last = (await heartbeats.ReadAsync(cancellationToken)).Find(Heartbeats.Anchor)?.SucceededOn;
        if (last is { } on && clock.GetUtcNow() < on + Interval) return;

        await heartbeats.StartAsync(Heartbeats.Anchor, cancellationToken);
        try
        {
            await SendAsync(cancellationToken);
            await heartbeats.SucceedAsync(Heartbeats.Anchor, cancellationToken);
        }
        catch (Exception trouble) when (!cancellationToken.IsCancellationRequested)
        {
            await heartbeats.FailAsync(Heartbeats.Anchor, trouble.GetType().Name, cancellationToken);
            LogNotAnchored(logger, (trouble as RemoteTroubleException)?.Message ?? trouble.GetType().Name);
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        var heads = await registry.ListAsync(cancellationToken).Select(row => new AnchoredHead(row.Id, row.Chain.Sequence, row.Chain.Hash)).ToListAsync(cancellationToken);
        heads.Sort((one, other) => string.CompareOrdinal(one.Credential.Value, other.Credential.Value));
        var digest = CredentialRegistry.Hash(string.Concat(heads.Select(head => string.Create(CultureInfo.InvariantCulture, $"{head.Credential} {head.Sequence} {head.Hash}\n"))));
        var now = clock.GetUtcNow();
        var parts = Math.Max(1, (heads.Count + PartMax - 1) / PartMax);
        foreach (var (part, index) in heads.Chunk(PartMax).DefaultIfEmpty([]).Select((part, index) => (part, index)))
        {
            foreach (var head in part) LogHead(logger, head.Credential, head.Sequence, head.Hash);
            foreach (var topic in topics) await PublishAsync(topic, new ChainAnchor(now, digest, heads.Count, index + 1, parts, part), cancellationToken);
        }

        LogAnchored(logger, heads.Count, digest);
    }

    private async Task PublishAsync(IRotationEvents topic, ChainAnchor anchor, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.EffectTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await topic.AnchorAsync(anchor, linked.Token);
    }

    [LoggerMessage(1, LogLevel.Information, "Chain head of {Credential}: {Sequence}:{Hash}")]
    private static partial void LogHead(ILogger logger, CredentialId credential, long sequence, string hash);

    [LoggerMessage(2, LogLevel.Information, "Anchored {Credentials} chain heads, digest {Digest}")]
    private static partial void LogAnchored(ILogger logger, int credentials, string digest);

    [LoggerMessage(3, LogLevel.Warning, "The chain heads were not anchored: {Trouble} Rotations go on; the next sweep tries again.")]
    private static partial void LogNotAnchored(ILogger logger, string trouble);
}
