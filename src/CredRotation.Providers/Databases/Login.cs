using CredRotation.Engine;

namespace CredRotation.Providers.Databases;

/// <summary>Who signs in, and with what.</summary>
internal sealed record Login(string Username, SecretText Password);

/// <summary>Where a database is, as a login's form may tell its reader.</summary>
internal sealed record DatabaseAddress(string Host, int Port, string Database);
