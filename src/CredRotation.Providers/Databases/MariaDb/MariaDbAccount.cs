using System.Globalization;
using System.Net;
using MySqlConnector;

namespace CredRotation.Providers.Databases.MariaDb;

/// <summary>What an account says of its server, its pairs of users and the form in which consumers read a login.</summary>
/// <param name="From">The host part of the users' names: from where they may sign in.</param>
internal sealed record MariaDbAccount(DatabaseAddress Address, string ManagementUser, MySqlSslMode SslMode, string FirstUser, string SecondUser, string From, LoginForm Form)
{
    private const string Host = "host", Port = "port", Database = "database", User = "managementUser", Tls = "sslMode", First = "firstUser", Second = "secondUser", Part = "userHost", Value = "value";
    private const string TargetPlace = "{target}";
    private const int PortDefault = 3306, NameMax = 80, HostMax = 253;

    private static readonly string[] s_names = [Host, Port, Database, User, Tls, First, Second, Part, Value];

    /// <summary>Null when there are faults; each names the parameter and the remedy.</summary>
    public static MariaDbAccount? Read(IReadOnlyDictionary<string, string> parameters, ICollection<string> faults, string kind = MariaDbProvider.KindName)
    {
        var before = faults.Count;
        foreach (var name in parameters.Keys.Except(s_names).Order(StringComparer.Ordinal))
            faults.Add($"{name} is not known to {kind}. Remove it, or use one of {string.Join(", ", s_names)}.");

        var host = parameters.GetValueOrDefault(Host) ?? "";
        if (host.Length > HostMax || Uri.CheckHostName(host) is UriHostNameType.Unknown) Fault(Host, "the server's DNS name or address");
        var port = PortDefault;
        if (parameters.TryGetValue(Port, out var text) && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= ushort.MaxValue)) Fault(Port, "1 to 65535, or leave it out for 3306");
        var database = parameters.GetValueOrDefault(Database) ?? "";
        if (!IsName(database)) Fault(Database, "the database that consumers use");
        var user = parameters.GetValueOrDefault(User) ?? "";
        if (!IsName(user)) Fault(User, "the user that the management password belongs to; never one of a pair");
        if (Mode(parameters.GetValueOrDefault(Tls)) is not { } mode) Fault(Tls, "VerifyFull (the default), VerifyCA or Require; Disable only for a server on this machine");
        else if (mode is MySqlSslMode.Disabled && !IsLoopback(host)) faults.Add($"{Tls} is Disable, and {Host} is another machine: passwords would be proven in the clear. Set {Tls} to VerifyFull.");
        var first = parameters.GetValueOrDefault(First) ?? $"{TargetPlace}_a";
        var second = parameters.GetValueOrDefault(Second) ?? $"{TargetPlace}_b";
        foreach (var (name, named) in new[] { (First, first), (Second, second) })
            if (!named.Contains(TargetPlace, StringComparison.Ordinal)) Fault(name, $"a name with {TargetPlace} in it, such as {TargetPlace}_a");
        if (first == second) faults.Add($"{First} and {Second} are one user. Give each user of the pair its own name.");
        var from = parameters.GetValueOrDefault(Part) ?? "%";
        if (from.Length is 0 or > HostMax || from.Any(char.IsControl)) Fault(Part, "the host part of the users' names, or leave it out for %");
        if (LoginForm.Parse(parameters.GetValueOrDefault(Value) ?? LoginForm.Json) is not { } form)
        {
            form = null!;
            Fault(Value, LoginForm.Shape);
        }

        return faults.Count == before ? new MariaDbAccount(new DatabaseAddress(host, port, database), user, Mode(parameters.GetValueOrDefault(Tls))!.Value, first, second, from, form) : null;

        void Fault(string name, string shape) => faults.Add($"{name} is {(parameters.ContainsKey(name) ? "not usable by" : "missing for")} {kind}. Set it to {shape}.");
    }

    /// <summary>Null when a user's name is none.</summary>
    public UserPair? PairOf(string target)
        => new UserPair(FirstUser.Replace(TargetPlace, target, StringComparison.Ordinal), SecondUser.Replace(TargetPlace, target, StringComparison.Ordinal), From) is { } pair && pair.First != pair.Second && IsName(pair.First) && IsName(pair.Second) ? pair : null;

    private static bool IsName(string name) => name.Length is > 0 and <= NameMax && !name.Any(char.IsControl);

    private static MySqlSslMode? Mode(string? text) => text switch
    {
        null or "VerifyFull" => MySqlSslMode.VerifyFull,
        "VerifyCA" => MySqlSslMode.VerifyCA,
        "Require" => MySqlSslMode.Required,
        "Disable" => MySqlSslMode.Disabled,
        _ => null,
    };

    private static bool IsLoopback(string host) => host is "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}

/// <summary>Two users that consumers run by turns: while they run one, the other gets its next password.</summary>
internal sealed record UserPair(string First, string Second, string From)
{
    public string? Find(string? user) => user == First ? First : user == Second ? Second : null;

    public string Other(string user) => user == First ? Second : First;

    /// <summary>MariaDB documentation, "Identifier Names": in backticks, with backticks in it doubled; a backslash means nothing there.</summary>
    public string Quote(string user) => $"{Quoted(user)}@{Quoted(From)}";

    private static string Quoted(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";
}
