using System.Buffers.Text;
using System.Text;
using CredRotation.EmbeddedHost.Trust;
using CredRotation.Sandbox.Systems;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>Whom the sandbox's sign-in takes for whom.</summary>
public sealed class A_sandbox_token
{
    private readonly SandboxSignIn _signIn = new();

    [Fact]
    public void Names_its_bearer_to_the_audience_it_was_made_for()
    {
        var claims = SandboxToken.Validate(_signIn.TokenFor("operator", SandboxToken.RotatorAudience), _signIn.Key, SandboxToken.RotatorAudience, TimeProvider.System);

        Assert.Equal(("operator", "Rotation.Operate"), (claims!.Name, Assert.Single(claims.Roles)));
        Assert.Equal(SandboxSignIn.Known["operator"].ObjectId, claims.ObjectId);
    }

    [Fact]
    public void Is_nothing_to_another_audience_or_under_another_key()
    {
        var token = _signIn.TokenFor("owner-1", SandboxToken.RotatorAudience);

        Assert.Null(SandboxToken.Validate(token, _signIn.Key, SandboxSignIn.CheckoutAudience, TimeProvider.System));
        Assert.Null(SandboxToken.Validate(token, new SandboxSignIn().Key, SandboxToken.RotatorAudience, TimeProvider.System));
    }

    [Fact]
    public void Ends()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var token = SandboxToken.Issue(SandboxSignIn.Known["owner-1"], "a", _signIn.Key, TimeSpan.FromMinutes(5), time);

        time.Advance(TimeSpan.FromMinutes(5));

        Assert.Null(SandboxToken.Validate(token, _signIn.Key, "a", time));
    }

    [Theory]
    [InlineData("""{"alg":"none"}""", false)]
    [InlineData("""{"alg":"HS512"}""", true)]
    [InlineData("""{"alg":"HS256","alg":"none"}""", true)]
    [InlineData("""["HS256"]""", true)]
    public void Of_another_algorithm_is_nobody(string header, bool isSigned)
    {
        var payload = _signIn.TokenFor("operator", "a").Split('.')[1];
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{payload}";
        var signature = isSigned ? Base64Url.EncodeToString(System.Security.Cryptography.HMACSHA256.HashData(_signIn.Key, Encoding.UTF8.GetBytes(signed))) : "";

        Assert.Null(SandboxToken.Validate($"{signed}.{signature}", _signIn.Key, "a", TimeProvider.System));
    }

    [Fact]
    public void With_a_changed_payload_is_nobody()
    {
        var parts = _signIn.TokenFor("owner-1", "a").Split('.');
        var other = _signIn.TokenFor("operator", "a").Split('.')[1];

        Assert.Null(SandboxToken.Validate($"{parts[0]}.{other}.{parts[2]}", _signIn.Key, "a", TimeProvider.System));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("a.b.c.d")]
    public void That_is_no_token_is_nobody(string? token)
        => Assert.Null(SandboxToken.Validate(token, _signIn.Key, "a", TimeProvider.System));
}
