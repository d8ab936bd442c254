using Npgsql;

namespace CredRotation.Providers.Databases.PostgreSql;

/// <summary>What an account says of its server, its pairs of roles and the form in which consumers read a login.</summary>
internal sealed record PostgreSqlAccount(DatabaseAddress Address, string ManagementUser, SslMode SslMode, string FirstRole, string SecondRole, LoginForm Form, bool EndsSessions)
{
    private const string First = "firstRole", Second = "secondRole", Sessions = "endSessions";
    private const int PortDefault = 5432, NameMax = 63;

    private static readonly string[] s_names = [LoginAccountReader.Host, LoginAccountReader.Port, LoginAccountReader.Database, LoginAccountReader.User, LoginAccountReader.Tls, First, Second, LoginAccountReader.Value, Sessions];

    /// <summary>Null when there are faults; each names the parameter and the remedy.</summary>
    public static PostgreSqlAccount? Read(IReadOnlyDictionary<string, string> parameters, ICollection<string> faults)
    {
        var reader = new LoginAccountReader(parameters, faults, PostgreSqlProvider.KindName, "role", NameMax);
        reader.KnowOnly(s_names);
        var (address, manager) = (reader.Address(PortDefault), reader.Manager());
        var mode = reader.Encryption(SslMode.VerifyFull, SslMode.VerifyCA, SslMode.Require, SslMode.Disable);
        var (first, second) = reader.Names(First, Second);
        var form = reader.Form();
        var ends = reader.Text(Sessions, "false");
        if (ends is not ("true" or "false")) reader.Fault(Sessions, "true or false");
        return reader.IsUsable ? new PostgreSqlAccount(address, manager, mode!.Value, first, second, form!, ends is "true") : null;
    }

    /// <summary>Null when a role's name is none.</summary>
    public RolePair? PairOf(string target)
        => new RolePair(LoginAccountReader.Named(FirstRole, target), LoginAccountReader.Named(SecondRole, target)) is { IsUsable: true } pair ? pair : null;
}
