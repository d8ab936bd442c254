using System.Net.Sockets;
using System.Security.Authentication;

namespace CredRotation.Providers.Databases.Redis;

/// <summary>What went wrong at a node, as far as outcomes differ.</summary>
internal enum RedisMeaning { Refused, Later, Rejected, Unknown }

/// <summary>What a failed call at a node means, by the server's code and never by its words. Source: Redis documentation, "ACL", "RESP: Simple errors".</summary>
internal sealed class RedisTrouble(RedisMeaning meaning, string code, string words) : Exception(words)
{
    public RedisMeaning Meaning => meaning;

    public string Code => code;

    public static RedisTrouble Of(RedisReply.Error error, RedisEndpoint at) => new(error switch
    {
        { IsFull: true } => RedisMeaning.Later,
        { Code: "WRONGPASS" } => RedisMeaning.Refused,
        { Code: "LOADING" or "BUSY" or "MASTERDOWN" or "TRYAGAIN" or "CLUSTERDOWN" or "OOM" } => RedisMeaning.Later,
        { Code: "NOPERM" or "NOAUTH" or "READONLY" or "MISCONF" or "ERR" } => RedisMeaning.Rejected,
        _ => RedisMeaning.Unknown,
    }, error.Code, $"{at} answered {error.Code}.");

    /// <summary>Null: not of the connection.</summary>
    public static RedisTrouble? Of(Exception lost, RedisEndpoint at) => lost switch
    {
        AuthenticationException => new(RedisMeaning.Unknown, "tls", $"The certificate of {at} is not accepted. Its issuer must be trusted here and name the host; nothing was sent."),
        IOException or SocketException or InvalidDataException => new(RedisMeaning.Unknown, lost.GetType().Name, $"The connection to {at} ended without an answer that can be read ({lost.GetType().Name})."),
        _ => null,
    };
}
