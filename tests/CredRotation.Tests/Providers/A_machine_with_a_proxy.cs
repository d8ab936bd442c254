using System.Net;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Tests.Providers;

public sealed class A_machine_with_a_proxy
{
    private readonly ProxyBeyondThisMachine _proxy = new(new WebProxy("http://proxy.example:3128"));

    [Theory]
    [InlineData("http://127.0.0.1:5080/v3")]
    [InlineData("http://localhost:5080/v3")]
    [InlineData("https://[::1]/v3")]
    public void Sends_nothing_for_itself_through_it(string address)
    {
        Assert.True(_proxy.IsBypassed(new Uri(address)));
        Assert.Null(_proxy.GetProxy(new Uri(address)));
    }

    [Fact]
    public void Sends_the_rest_through_it()
        => Assert.Equal(new Uri("http://proxy.example:3128"), _proxy.GetProxy(new Uri("https://management-live.adyen.com/v3")));
}
