namespace CredRotation.Providers.Databases.Redis;

/// <summary>A node that somebody signed in to; whatever it does not answer as hoped is a <see cref="RedisTrouble"/>.</summary>
internal sealed class RedisNode : IAsyncDisposable
{
    private readonly RedisConnection _connection;
    private readonly RedisEndpoint _at;

    private RedisNode(RedisConnection connection, RedisEndpoint at) => (_connection, _at) = (connection, at);

    public static async Task<RedisNode> SignInAsync(RedisEndpoint at, bool isEncrypted, Login login, CancellationToken cancellationToken)
    {
        RedisNode? node = null;
        try
        {
            node = new RedisNode(await RedisConnection.OpenAsync(at, isEncrypted, cancellationToken), at);
            await node.AskAsync(["AUTH", login.Username, login.Password.RevealToRemote()], cancellationToken);
            return node;
        }
        catch (Exception lost)
        {
            if (node is not null) await node.DisposeAsync();
            if (lost is not RedisTrouble && RedisTrouble.Of(lost, at) is { } trouble) throw trouble;
            throw;
        }
    }

    /// <summary>The server's clock; null where the login may not ask, which proves it as well.</summary>
    public async Task<DateTimeOffset?> ReadTimeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await AskAsync(["TIME"], cancellationToken)).AsTime();
        }
        catch (RedisTrouble trouble) when (trouble.Code is "NOPERM")
        {
            return null;
        }
    }

    /// <exception cref="RedisTrouble">There is no such user, it is off, or takes any password.</exception>
    public async Task<RedisReply> ReadUserAsync(string user, CancellationToken cancellationToken)
    {
        var found = await AskAsync(["ACL", "GETUSER", user], cancellationToken);
        if (found.Find("passwords") is not { } passwords) throw new RedisTrouble(LoginMeaning.Rejected, $"user-missing: ACL SETUSER {user} on", $"{_at} has no such user.");
        if (found.Find("flags") is { } flags && flags.Holds("nopass")) throw new RedisTrouble(LoginMeaning.Rejected, $"user-takes-any-password: ACL SETUSER {user} resetpass, with a password for its consumers", $"{_at} takes any password of that user.");
        if (found.Find("flags")?.Holds("on") is not true) throw new RedisTrouble(LoginMeaning.Rejected, $"user-is-off: ACL SETUSER {user} on", $"At {_at} that user is off.");
        return passwords;
    }

    /// <param name="rule"><c>#</c> and a hash adds a password, <c>!</c> and a hash removes it.</param>
    public Task SetUserAsync(string user, string rule, CancellationToken cancellationToken) => AskAsync(["ACL", "SETUSER", user, rule], cancellationToken);

    /// <summary>Whether a restart would bring the users back; null where the login may not ask.</summary>
    public async Task<bool?> HasAclFileAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await AskAsync(["CONFIG", "GET", "aclfile"], cancellationToken)).Find("aclfile") is RedisReply.Text { Value.Length: > 0 };
        }
        catch (RedisTrouble trouble) when (trouble.Code is "NOPERM" or "ERR")
        {
            return null;
        }
    }

    public Task KeepAsync(RedisKeeping keeping, CancellationToken cancellationToken) => keeping switch
    {
        RedisKeeping.AclFile => AskAsync(["ACL", "SAVE"], cancellationToken),
        RedisKeeping.Config => AskAsync(["CONFIG", "REWRITE"], cancellationToken),
        _ => Task.CompletedTask,
    };

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<RedisReply> AskAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await _connection.AskAsync(words, cancellationToken);
            return reply is RedisReply.Error error ? throw RedisTrouble.Of(error, _at) : reply;
        }
        catch (Exception lost) when (lost is not RedisTrouble && RedisTrouble.Of(lost, _at) is { } trouble)
        {
            throw trouble;
        }
    }
}
