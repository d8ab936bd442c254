using System.Net;
using System.Text;
using CredRotation.Functions.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace CredRotation.Tests.Functions;

public sealed class A_forged_principal(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    private static readonly string s_operator = Header("""{"claims":[{"typ":"oid","val":"x"},{"typ":"roles","val":"Rotation.Operate"}]}""");

    [Fact]
    public async Task Is_nobody_in_the_sandbox()
    {
        using var answer = await world.SendAsync(null, HttpMethod.Get, "api/credentials", change: request => request.Headers.Add(CallerReader.PrincipalHeader, s_operator));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Is_nobody_without_a_sandbox_whatever_the_settings_say()
    {
        await using var app = await world.StartAsync(new byte[32], new Dictionary<string, string> { ["Sandbox__Enabled"] = "false", ["WEBSITE_AUTH_ENABLED"] = "true" }, TestContext.Current.CancellationToken);
        using var http = HeadsWorld.NewClient(app);
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/credentials") { Headers = { { CallerReader.PrincipalHeader, s_operator } } };

        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("false")]
    public void Is_nobody_where_the_platform_does_not_sign_in(string? enabled) => Assert.Null(Read(s_operator, enabled));

    [Fact]
    public void Is_read_where_the_platform_signs_in()
    {
        var caller = Read(s_operator, "true");

        Assert.Equal(("x", Roles.Operator), (caller!.ObjectId, caller.RolesByToken));
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("bm90IGpzb24=")]
    [InlineData("W10=")]
    public void Is_nobody_when_it_cannot_be_read(string header) => Assert.Null(Read(header, "true"));

    [Fact]
    public void Is_nobody_when_it_names_two_people()
        => Assert.Null(Read(Header("""{"claims":[{"typ":"oid","val":"x"},{"typ":"http://schemas.microsoft.com/identity/claims/objectidentifier","val":"y"}]}"""), "true"));

    [Fact]
    public void Is_nobody_when_it_is_too_long()
        => Assert.Null(Read(Header($$"""{"claims":[{"typ":"oid","val":"x"},{"typ":"name","val":"{{new string('n', 16_000)}}"}]}"""), "true"));

    private static Caller? Read(string header, string? enabled)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(CallerReader.AuthEnabledSetting, enabled)]).Build();
        var context = new DefaultHttpContext();
        context.Request.Headers[CallerReader.PrincipalHeader] = header;
        return new CallerReader(configuration).Read(context.Request);
    }

    private static string Header(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
}
