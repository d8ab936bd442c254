using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Setup;

/// <summary>How a typed code was taken.</summary>
public enum CodeAnswer { Right, Wrong, NoneWaits }

/// <summary>
/// Proves that messages reach people: a code is sent by the ordinary path, and a person types it back. Accepted by a channel is not delivered,
/// so nothing else proves it.
/// </summary>
public sealed class DeliveryProof
{
    private const int TriesMax = 5;
    private const int Codes = 1_000_000;
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(30);
    private static readonly RowKey s_key = new("setup", "delivery");

    private readonly IRowStore _rows;
    private readonly INotifier _notifier;
    private readonly TimeProvider _clock;

    internal DeliveryProof(IRowStore rows, INotifier notifier, TimeProvider clock) => (_rows, _notifier, _clock) = (rows, notifier, clock);

    /// <summary>When somebody last proved it, and who; null while nobody did.</summary>
    public async Task<(DateTimeOffset On, string By)?> LastAsync(CancellationToken cancellationToken)
        => (await ReadAsync(cancellationToken)).Proof is { ProvenOn: { } on, ProvenBy: { } by } ? (on, by) : null;

    /// <summary>Sends a code that is good for half an hour and five tries. Throws <see cref="RemoteTroubleException"/> when it was not accepted.</summary>
    public async Task SendAsync(string askedBy, CancellationToken cancellationToken)
    {
        var (stored, proof) = await ReadAsync(cancellationToken);
        var code = RandomNumberGenerator.GetInt32(Codes).ToString("D6", CultureInfo.InvariantCulture);
        var salt = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        // Kept before it is sent: a code that nobody can check would only confuse.
        await WriteAsync(stored, proof with { Salt = salt, Hash = Hash(salt, code), SentOn = _clock.GetUtcNow(), Tries = 0 }, cancellationToken);
        await _notifier.NotifyAsync(
            new Notice(NoticeKind.Setup, null, "Do messages arrive here?", $"{askedBy} asked whether messages of CredRotation reach people.", "Everything: this is a test.",
                "Open the setup check and type this code. It ends in 30 minutes.", [new NoticeFact("Code", code)], [], "/api/pages/setup"),
            cancellationToken);
    }

    public async Task<CodeAnswer> TypeAsync(string code, string person, CancellationToken cancellationToken)
    {
        var (stored, proof) = await ReadAsync(cancellationToken);
        var now = _clock.GetUtcNow();
        if (proof is not { Hash: { } hash, Salt: { } salt, SentOn: { } sentOn } || proof.Tries >= TriesMax || now - sentOn > s_life) return CodeAnswer.NoneWaits;

        var isRight = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(Hash(salt, code.Trim())));
        // Counted before it is answered: two tries at once are not one.
        var written = await WriteAsync(stored, isRight ? new Proof { ProvenOn = now, ProvenBy = person } : proof with { Tries = proof.Tries + 1 }, cancellationToken);
        return !written ? CodeAnswer.Wrong : isRight ? CodeAnswer.Right : CodeAnswer.Wrong;
    }

    private static string Hash(string salt, string code) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(salt + code)));

    private async Task<(StoredRow? Stored, Proof Proof)> ReadAsync(CancellationToken cancellationToken)
        => await _rows.FindAsync(s_key, cancellationToken) is { } stored ? (stored, RowFormat.Read<Proof>(stored.Body, Proof.CurrentFormat, "The proof of delivery")) : (null, new Proof());

    private Task<bool> WriteAsync(StoredRow? stored, Proof proof, CancellationToken cancellationToken)
        => stored is null ? _rows.TryInsertAsync(s_key, EngineJson.Write(proof), cancellationToken) : _rows.TryReplaceAsync(stored, EngineJson.Write(proof), cancellationToken);

    /// <summary>The code that waits to be typed, as a salted hash, and the last proof.</summary>
    private sealed record Proof
    {
        public const int CurrentFormat = 1;

        public int Format { get; init; } = CurrentFormat;

        public string? Salt { get; init; }

        public string? Hash { get; init; }

        public DateTimeOffset? SentOn { get; init; }

        public int Tries { get; init; }

        public DateTimeOffset? ProvenOn { get; init; }

        public string? ProvenBy { get; init; }
    }
}
