using System.Net.Sockets;
using System.Security.Authentication;

namespace CredRotation.Providers.Databases.Redis;

/// <summary>What a failed call at a node means, by the server's code and never by its words. Source: Redis documentation, "ACL", "RESP: Simple errors".</summary>
internal sealed class RedisTrouble(LoginMeaning meaning, string code, string words) : Exception(words)
{
    public LoginMeaning Meaning => meaning;

    public string Code => code;

    /// <summary>As outcomes are made of it.</summary>
    public LoginTrouble Told { get; } = new(meaning, code, words);

    public static RedisTrouble Of(RedisReply.Error error, RedisEndpoint at) => new(error switch
    {
        { IsFull: true } => LoginMeaning.Later,
        { Code: "WRONGPASS" } => LoginMeaning.Refused,
        { Code: "LOADING" or "BUSY" or "MASTERDOWN" or "TRYAGAIN" or "CLUSTERDOWN" or "OOM" } => LoginMeaning.Later,
        { Code: "NOPERM" or "NOAUTH" or "READONLY" or "MISCONF" or "ERR" } => LoginMeaning.Rejected,
        _ => LoginMeaning.Unknown,
    }, error.Code, $"{at} answered {error.Code}.");

    /// <summary>Null: not of the connection.</summary>
    public static RedisTrouble? Of(Exception lost, RedisEndpoint at) => lost switch
    {
        AuthenticationException => new(LoginMeaning.Unknown, "tls", $"The certificate of {at} is not accepted. Its issuer must be trusted here and name the host; nothing was sent."),
        IOException or SocketException or InvalidDataException => new(LoginMeaning.Unknown, lost.GetType().Name, $"The connection to {at} ended without an answer that can be read ({lost.GetType().Name})."),
        _ => null,
    };
}
