using System.Globalization;

namespace CredRotation.Providers.Databases.Redis;

/// <summary>One answer of a server. Source: Redis documentation, "Redis serialization protocol specification" (RESP2).</summary>
internal abstract record RedisReply
{
    /// <summary>A text or a number.</summary>
    public sealed record Text(string Value) : RedisReply;

    public sealed record Nothing : RedisReply;

    public sealed record Many(IReadOnlyList<RedisReply> Items) : RedisReply;

    /// <summary>Refused; only the code leaves, because the words may quote what was sent.</summary>
    public sealed record Error(string Code, bool IsFull) : RedisReply;

    /// <summary>The answer under a name, in a list of names and answers.</summary>
    public RedisReply? Find(string name)
    {
        if (this is not Many { Items: var items }) return null;
        for (var at = 0; at + 1 < items.Count; at += 2)
            if (items[at] is Text { Value: var key } && key == name) return items[at + 1];
        return null;
    }

    public bool Holds(string text) => this is Many { Items: var items } && items.Any(item => item is Text { Value: var value } && value == text);

    /// <summary>The server's clock, as TIME tells it; null where the login may not ask.</summary>
    public DateTimeOffset? AsTime()
        => this is Many { Items: [Text { Value: var seconds }, _] } && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var since) && since < DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(since) : null;
}
