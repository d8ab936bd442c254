using System.Globalization;
using System.Net;

namespace CredRotation.Providers.Databases.Redis;

/// <summary>How a server keeps its users over a restart.</summary>
internal enum RedisKeeping
{
    /// <summary>In its ACL file, by ACL SAVE.</summary>
    AclFile,

    /// <summary>In its configuration file, by CONFIG REWRITE.</summary>
    Config,

    /// <summary>Somebody else sees to it.</summary>
    Elsewhere,
}

/// <summary>A node that has users of its own.</summary>
internal sealed record RedisEndpoint(string Host, int Port)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}

/// <summary>What an account says of its nodes and of the form in which consumers read a password.</summary>
/// <param name="Form">Null: the password alone.</param>
internal sealed record RedisAccount(IReadOnlyList<RedisEndpoint> Endpoints, string ManagementUser, bool IsEncrypted, RedisKeeping Keeping, LoginForm? Form)
{
    private const string Nodes = "endpoints", User = "managementUser", Tls = "tls", Keep = "keep", Value = "value";
    private const int NodesMax = 100, NameMax = 128, HostMax = 253;

    private static readonly string[] s_names = [Nodes, User, Tls, Keep, Value];

    /// <summary>Null when there are faults; each names the parameter and the remedy.</summary>
    public static RedisAccount? Read(IReadOnlyDictionary<string, string> parameters, ICollection<string> faults)
    {
        var before = faults.Count;
        foreach (var name in parameters.Keys.Except(s_names).Order(StringComparer.Ordinal))
            faults.Add($"{name} is not known to {RedisProvider.KindName}. Remove it, or use one of {string.Join(", ", s_names)}.");

        var endpoints = (parameters.GetValueOrDefault(Nodes) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Endpoint).ToList();
        if (endpoints.Count is 0 or > NodesMax || endpoints.Contains(null) || endpoints.Distinct().Count() != endpoints.Count) Fault(Nodes, "every node that has users of its own, as host:port with a comma between two");
        var user = parameters.GetValueOrDefault(User) ?? "";
        if (!IsName(user)) Fault(User, "the ACL user that the management password belongs to");
        var tls = parameters.GetValueOrDefault(Tls) ?? "true";
        if (tls is not ("true" or "false")) Fault(Tls, "true or false");
        else if (tls is "false" && endpoints.Any(endpoint => endpoint is not null && !IsLoopback(endpoint.Host))) faults.Add($"{Tls} is false, and a node is another machine: passwords would be sent in the clear. Set {Tls} to true.");
        RedisKeeping? keeping = (parameters.GetValueOrDefault(Keep) ?? "aclFile") switch
        {
            "aclFile" => RedisKeeping.AclFile,
            "config" => RedisKeeping.Config,
            "elsewhere" => RedisKeeping.Elsewhere,
            _ => null,
        };
        if (keeping is null) Fault(Keep, "aclFile (the default: ACL SAVE), config (CONFIG REWRITE), or elsewhere where somebody else keeps users over a restart");
        var form = parameters.TryGetValue(Value, out var template) ? LoginForm.Parse(template) : null;
        if (template is not null && form is null) Fault(Value, $"{LoginForm.Shape}; or leave it out for the password alone");
        return faults.Count == before ? new RedisAccount(endpoints!, user, tls is "true", keeping!.Value, form) : null;

        void Fault(string name, string shape) => faults.Add($"{name} is {(parameters.ContainsKey(name) ? "not usable by" : "missing for")} {RedisProvider.KindName}. Set it to {shape}.");
    }

    /// <summary>As the server checks names: no white space, nothing that ends a text.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= NameMax && !name.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter));

    private static RedisEndpoint? Endpoint(string text)
        => text.LastIndexOf(':') is > 0 and var colon && text[..colon].Trim('[', ']') is { Length: <= HostMax } host && Uri.CheckHostName(host) is not UriHostNameType.Unknown
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= ushort.MaxValue ? new RedisEndpoint(host, port) : null;

    private static bool IsLoopback(string host) => host is "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
