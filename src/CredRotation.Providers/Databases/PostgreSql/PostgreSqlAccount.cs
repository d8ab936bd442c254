using System.Globalization;
using System.Net;
using Npgsql;

namespace CredRotation.Providers.Databases.PostgreSql;

/// <summary>What an account says of its server, its pairs of roles and the form in which consumers read a login.</summary>
internal sealed record PostgreSqlAccount(DatabaseAddress Address, string ManagementUser, SslMode SslMode, string FirstRole, string SecondRole, LoginForm Form, bool EndsSessions)
{
    private const string Host = "host", Port = "port", Database = "database", User = "managementUser", Tls = "sslMode", First = "firstRole", Second = "secondRole", Value = "value", Sessions = "endSessions";
    private const string TargetPlace = "{target}";
    private const int PortDefault = 5432, NameMax = 63, HostMax = 253;

    private static readonly string[] s_names = [Host, Port, Database, User, Tls, First, Second, Value, Sessions];

    /// <summary>Null when there are faults; each names the parameter and the remedy.</summary>
    public static PostgreSqlAccount? Read(IReadOnlyDictionary<string, string> parameters, ICollection<string> faults)
    {
        var before = faults.Count;
        foreach (var name in parameters.Keys.Except(s_names).Order(StringComparer.Ordinal))
            faults.Add($"{name} is not known to {PostgreSqlProvider.KindName}. Remove it, or use one of {string.Join(", ", s_names)}.");

        var host = parameters.GetValueOrDefault(Host) ?? "";
        if (host.Length > HostMax || Uri.CheckHostName(host) is UriHostNameType.Unknown) Fault(Host, "the server's DNS name or address");
        var port = PortDefault;
        if (parameters.TryGetValue(Port, out var text) && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= ushort.MaxValue)) Fault(Port, "1 to 65535, or leave it out for 5432");
        var database = Name(Database, "the database that consumers use");
        var user = Name(User, "the role that the management password belongs to; never one of a pair");
        if (Mode(parameters.GetValueOrDefault(Tls)) is not { } mode) Fault(Tls, "VerifyFull (the default), VerifyCA or Require; Disable only for a server on this machine");
        else if (mode is SslMode.Disable && !IsLoopback(host)) faults.Add($"{Tls} is Disable, and {Host} is another machine: passwords would be proven in the clear. Set {Tls} to VerifyFull.");
        var first = parameters.GetValueOrDefault(First) ?? $"{TargetPlace}_a";
        var second = parameters.GetValueOrDefault(Second) ?? $"{TargetPlace}_b";
        foreach (var (name, role) in new[] { (First, first), (Second, second) })
            if (!role.Contains(TargetPlace, StringComparison.Ordinal)) Fault(name, $"a name with {TargetPlace} in it, such as {TargetPlace}_a");
        if (first == second) faults.Add($"{First} and {Second} are one role. Give each role of the pair its own name.");
        if (LoginForm.Parse(parameters.GetValueOrDefault(Value) ?? LoginForm.Json) is not { } form)
        {
            form = null!;
            Fault(Value, LoginForm.Shape);
        }

        var ends = parameters.GetValueOrDefault(Sessions) ?? "false";
        if (ends is not ("true" or "false")) Fault(Sessions, "true or false");
        return faults.Count == before ? new PostgreSqlAccount(new DatabaseAddress(host, port, database), user, Mode(parameters.GetValueOrDefault(Tls))!.Value, first, second, form, ends is "true") : null;

        string Name(string name, string shape)
        {
            var given = parameters.GetValueOrDefault(name) ?? "";
            if (given.Length is 0 or > NameMax || given.Any(char.IsControl)) Fault(name, shape);
            return given;
        }

        void Fault(string name, string shape) => faults.Add($"{name} is {(parameters.ContainsKey(name) ? "not usable by" : "missing for")} {PostgreSqlProvider.KindName}. Set it to {shape}.");
    }

    /// <summary>Null when a role's name is none.</summary>
    public RolePair? PairOf(string target)
        => new RolePair(FirstRole.Replace(TargetPlace, target, StringComparison.Ordinal), SecondRole.Replace(TargetPlace, target, StringComparison.Ordinal)) is { IsUsable: true } pair ? pair : null;

    private static SslMode? Mode(string? text) => text switch
    {
        null or "VerifyFull" => SslMode.VerifyFull,
        "VerifyCA" => SslMode.VerifyCA,
        "Require" => SslMode.Require,
        "Disable" => SslMode.Disable,
        _ => null,
    };

    private static bool IsLoopback(string host) => host is "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
