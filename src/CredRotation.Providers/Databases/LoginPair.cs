namespace CredRotation.Providers.Databases;

/// <summary>Two logins that consumers run by turns: while they run one, the other gets its next password.</summary>
internal abstract record LoginPair(string First, string Second)
{
    public string? Find(string? name) => name == First ? First : name == Second ? Second : null;

    public string Other(string name) => name == First ? Second : First;
}
