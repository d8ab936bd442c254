using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine;
using CredRotation.Providers.Databases.PostgreSql;

namespace CredRotation.Tests.Providers.Databases;

public sealed class A_verifier_of_a_password
{
    // The exchange that RFC 7677 section 3 shows.
    private const string Exchange = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

    [Fact]
    public void Checks_the_exchange_of_the_standard()
    {
        var parts = ScramVerifier.Of(new SecretText("pencil"), Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096).Split('$', ':');

        Assert.Equal(("SCRAM-SHA-256", "4096", "W22ZaJ0SNY7soEsUEjb6gQ=="), (parts[0], parts[1], parts[2]));
        Assert.Equal("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(parts[4]), Encoding.ASCII.GetBytes(Exchange))));
        // A client's proof gives away the key that its digest is kept of.
        var proof = Convert.FromBase64String("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        var signature = HMACSHA256.HashData(Convert.FromBase64String(parts[3]), Encoding.ASCII.GetBytes(Exchange));
        Assert.Equal(parts[3], Convert.ToBase64String(SHA256.HashData([.. proof.Zip(signature, (one, other) => (byte)(one ^ other))])));
    }

    [Fact]
    public void Is_another_one_each_time() => Assert.NotEqual(ScramVerifier.Of(new SecretText("word")), ScramVerifier.Of(new SecretText("word")));
}
