using System.Net;
using CredRotation.Engine.Registry;

namespace CredRotation.Tests.Functions;

public sealed class An_acknowledgement(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    [Fact]
    public async Task Is_recorded_with_the_principal_that_signed_in()
    {
        using var answer = await SendAsync(HeadsWorld.CheckoutPrincipal, world.Acknowledgement());

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Contains(world.Registry.Told, told => told.Item is InboxItem.Acknowledge { PrincipalId: HeadsWorld.CheckoutPrincipal, Instance: "checkout-1" });
    }

    [Theory]
    [InlineData("rotation", "aaaaaaaaaaaaaaaaaaaa")]
    [InlineData("secret", "other-key")]
    public async Task About_another_rotation_or_secret_is_refused(string member, string value)
    {
        var body = world.Acknowledgement();
        body[member] = value;

        using var answer = await SendAsync(HeadsWorld.CheckoutPrincipal, body);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Of_a_consumer_that_the_rotation_does_not_name_is_refused()
    {
        using var answer = await SendAsync(HeadsWorld.OtherPrincipal, world.Acknowledgement());

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Theory]
    [InlineData("version", "../../x")]
    [InlineData("instance", "a\nb")]
    [InlineData("firstSuccessOn", "yesterday")]
    [InlineData("vault", "ftp://x")]
    public async Task That_cannot_be_read_is_refused(string member, string value)
    {
        var body = world.Acknowledgement();
        body[member] = value;

        using var answer = await SendAsync(HeadsWorld.CheckoutPrincipal, body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private Task<HttpResponseMessage> SendAsync(string who, Dictionary<string, string> body)
        => world.SendAsync(world.Token(who), HttpMethod.Post, "api/acknowledgements", HeadsWorld.Json(body));
}
