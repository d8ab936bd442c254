using CredRotation.Engine;
using CredRotation.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Providers;

public sealed class Engine_and_providers_together
{
    [Fact]
    public void Check_an_accounts_parameters_when_the_options_are_read()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Rotation:Accounts:acme:Provider"] = "adyen-merchant-api-key",
            ["Rotation:Accounts:acme:Parameters:baseUrl"] = "https://evil.example/v3",
        };
        using var services = new ServiceCollection()
            .AddLogging()
            .AddRotationEngine(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddProviders()
            .BuildServiceProvider();

        var refused = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<RotationOptions>>().Value);

        Assert.Contains(refused.Failures, failure => failure.Contains("Rotation:Accounts:acme:Parameters: merchantId is missing", StringComparison.Ordinal));
        Assert.Contains(refused.Failures, failure => failure.Contains("Rotation:Accounts:acme:Parameters: baseUrl leads to a host", StringComparison.Ordinal));
        Assert.Contains(refused.Failures, failure => failure.Contains("Rotation:Accounts:acme:Secrets:management", StringComparison.Ordinal));
    }
}
