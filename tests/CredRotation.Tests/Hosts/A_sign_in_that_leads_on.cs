using System.Net;
using CredRotation.Tests.Functions;

namespace CredRotation.Tests.Hosts;

public sealed class A_sign_in_that_leads_on(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    private const string List = "/api/pages/credentials";

    [Theory]
    [InlineData("/api/pages/setup", "/api/pages/setup")]
    [InlineData("//evil.example", List)]
    [InlineData("/\\evil.example", List)]
    [InlineData("\\\\evil.example", List)]
    [InlineData("https:evil.example", List)]
    [InlineData("https://evil.example/", List)]
    [InlineData("///evil.example", List)]
    [InlineData("/%2Fevil.example", List)]
    [InlineData("/%5Cevil.example", List)]
    [InlineData("%2F%2Fevil.example", List)]
    [InlineData("/\t/evil.example", List)]
    [InlineData("/\r\nLocation: https://evil.example", List)]
    [InlineData("/@evil.example", List)]
    [InlineData(".evil.example", List)]
    [InlineData("javascript:alert(1)", List)]
    [InlineData("", List)]
    public async Task Leads_only_to_pages_of_this_app(string to, string led)
    {
        using var answer = await world.SendAsync(null, HttpMethod.Get, $".auth/sandbox?token={Uri.EscapeDataString(world.Token(HeadsWorld.Owner))}&to={Uri.EscapeDataString(to)}");

        Assert.Equal((HttpStatusCode.Redirect, led), (answer.StatusCode, answer.Headers.Location?.OriginalString));
    }
}
