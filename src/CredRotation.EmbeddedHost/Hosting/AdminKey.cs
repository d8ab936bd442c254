using System.Security.Cryptography;
using System.Text;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>The key to run a function by hand; made anew at each start.</summary>
internal sealed class AdminKey
{
    public const string Header = "x-functions-key";

    public string Value { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));

    public bool Opens(string? given) => given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(Value));
}
