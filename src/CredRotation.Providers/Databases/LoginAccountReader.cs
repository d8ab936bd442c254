using System.Globalization;
using System.Net;

namespace CredRotation.Providers.Databases;

/// <summary>Reads what accounts of every kind of server with pairs of logins say alike; each fault names the parameter and the remedy.</summary>
/// <param name="noun">What the server calls a login.</param>
internal sealed class LoginAccountReader(IReadOnlyDictionary<string, string> parameters, ICollection<string> faults, string kind, string noun, int nameMax)
{
    public const string Host = "host", Port = "port", Database = "database", User = "managementUser", Tls = "sslMode", Value = "value";

    public const int HostMax = 253;

    private const string TargetPlace = "{target}", Disable = "Disable";

    private readonly int _before = faults.Count;

    public bool IsUsable => faults.Count == _before;

    /// <summary>A name of a pair, with the target in its place.</summary>
    public static string Named(string template, string target) => template.Replace(TargetPlace, target, StringComparison.Ordinal);

    public static bool IsName(string name, int nameMax) => name.Length > 0 && name.Length <= nameMax && !name.Any(char.IsControl);

    public void KnowOnly(string[] names)
    {
        foreach (var name in parameters.Keys.Except(names).Order(StringComparer.Ordinal))
            faults.Add($"{name} is not known to {kind}. Remove it, or use one of {string.Join(", ", names)}.");
    }

    public DatabaseAddress Address(int portDefault)
    {
        var host = Text(Host, "");
        if (host.Length > HostMax || Uri.CheckHostName(host) is UriHostNameType.Unknown) Fault(Host, "the server's DNS name or address");
        var port = portDefault;
        if (parameters.TryGetValue(Port, out var text) && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= ushort.MaxValue))
            Fault(Port, string.Create(CultureInfo.InvariantCulture, $"1 to 65535, or leave it out for {portDefault}"));
        return new DatabaseAddress(host, port, Name(Database, "the database that consumers use"));
    }

    public string Manager() => Name(User, $"the {noun} that the management password belongs to; never one of a pair");

    /// <summary>Of the modes, the one that is set; the first is the default, and only this machine is reached without encryption.</summary>
    public T? Encryption<T>(T verifyFull, T verifyCa, T require, T disable)
        where T : struct
    {
        T? mode = parameters.GetValueOrDefault(Tls) switch
        {
            null or "VerifyFull" => verifyFull,
            "VerifyCA" => verifyCa,
            "Require" => require,
            Disable => disable,
            _ => null,
        };
        if (mode is null) Fault(Tls, $"VerifyFull (the default), VerifyCA or Require; {Disable} only for a server on this machine");
        else if (parameters.GetValueOrDefault(Tls) is Disable && !IsLoopback(Text(Host, ""))) faults.Add($"{Tls} is {Disable}, and {Host} is another machine: passwords would be proven in the clear. Set {Tls} to VerifyFull.");
        return mode;
    }

    public (string First, string Second) Names(string first, string second)
    {
        var names = (First: Text(first, $"{TargetPlace}_a"), Second: Text(second, $"{TargetPlace}_b"));
        foreach (var (name, given) in new[] { (first, names.First), (second, names.Second) })
            if (!given.Contains(TargetPlace, StringComparison.Ordinal)) Fault(name, $"a name with {TargetPlace} in it, such as {TargetPlace}_a");
        if (names.First == names.Second) faults.Add($"{first} and {second} are one {noun}. Give each {noun} of the pair its own name.");
        return names;
    }

    public LoginForm? Form()
    {
        var form = LoginForm.Parse(Text(Value, LoginForm.Json));
        if (form is null) Fault(Value, LoginForm.Shape);
        return form;
    }

    public string Text(string name, string standard) => parameters.GetValueOrDefault(name) ?? standard;

    public void Fault(string name, string shape) => faults.Add($"{name} is {(parameters.ContainsKey(name) ? "not usable by" : "missing for")} {kind}. Set it to {shape}.");

    private string Name(string name, string shape)
    {
        var given = Text(name, "");
        if (!IsName(given, nameMax)) Fault(name, shape);
        return given;
    }

    private static bool IsLoopback(string host) => host is "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
