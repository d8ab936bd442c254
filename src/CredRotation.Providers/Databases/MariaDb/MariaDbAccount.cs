using MySqlConnector;

namespace CredRotation.Providers.Databases.MariaDb;

/// <summary>What an account says of its server, its pairs of users and the form in which consumers read a login.</summary>
/// <param name="From">The host part of the users' names: from where they may sign in.</param>
internal sealed record MariaDbAccount(DatabaseAddress Address, string ManagementUser, MySqlSslMode SslMode, string FirstUser, string SecondUser, string From, LoginForm Form)
{
    private const string First = "firstUser", Second = "secondUser", Part = "userHost";
    private const int PortDefault = 3306, NameMax = 80;

    private static readonly string[] s_names = [LoginAccountReader.Host, LoginAccountReader.Port, LoginAccountReader.Database, LoginAccountReader.User, LoginAccountReader.Tls, First, Second, Part, LoginAccountReader.Value];

    /// <summary>Null when there are faults; each names the parameter and the remedy.</summary>
    public static MariaDbAccount? Read(IReadOnlyDictionary<string, string> parameters, ICollection<string> faults, string kind)
    {
        var reader = new LoginAccountReader(parameters, faults, kind, "user", NameMax);
        reader.KnowOnly(s_names);
        var (address, manager) = (reader.Address(PortDefault), reader.Manager());
        var mode = reader.Encryption(MySqlSslMode.VerifyFull, MySqlSslMode.VerifyCA, MySqlSslMode.Required, MySqlSslMode.Disabled);
        var (first, second) = reader.Names(First, Second);
        var from = reader.Text(Part, "%");
        if (!LoginAccountReader.IsName(from, LoginAccountReader.HostMax)) reader.Fault(Part, "the host part of the users' names, or leave it out for %");
        var form = reader.Form();
        return reader.IsUsable ? new MariaDbAccount(address, manager, mode!.Value, first, second, from, form!) : null;
    }

    /// <summary>Null when a user's name is none.</summary>
    public UserPair? PairOf(string target)
        => new UserPair(LoginAccountReader.Named(FirstUser, target), LoginAccountReader.Named(SecondUser, target), From) is { } pair
            && pair.First != pair.Second && LoginAccountReader.IsName(pair.First, NameMax) && LoginAccountReader.IsName(pair.Second, NameMax) ? pair : null;
}

/// <summary>Two users, each with the host part that its name has.</summary>
internal sealed record UserPair(string First, string Second, string From) : LoginPair(First, Second)
{
    /// <summary>MariaDB documentation, "Identifier Names": in backticks, with backticks in it doubled; a backslash means nothing there.</summary>
    public string Quote(string user) => $"{Quoted(user)}@{Quoted(From)}";

    private static string Quoted(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";
}
