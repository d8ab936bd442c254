using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Engine;

public sealed class Settings_that_could_not_rotate_safely
{
    [Theory]
    [InlineData("Rotation:StagingVault", null, "Rotation:StagingVault is not set")]
    [InlineData("Rotation:StagingVault", "https://payments.vault.azure.net/", "also listed in Rotation:Vaults")]
    [InlineData("Rotation:Vaults:0", "http://payments.vault.azure.net/", "Rotation:Vaults:0 must be a vault's https URI")]
    [InlineData("Rotation:Accounts:gateway-main:Provider", "nobody", "known are sandbox-gateway")]
    [InlineData("Rotation:Accounts:gateway-main:Secrets:management", null, "Secrets:management must say where")]
    [InlineData("Rotation:Accounts:gateway-main:Targets", "(?=x)", "Targets is not a usable pattern")]
    [InlineData("Rotation:Accounts:gateway-main:OwnerGroups:0", null, "OwnerGroups names nobody")]
    [InlineData("Rotation:Policies:payments:EscalationMax", "20:00:00", "more than the overlap")]
    [InlineData("Rotation:Policies:payments:Reserve", "01:00:00", "Reserve")]
    [InlineData("Rotation:Policies:payments:Lifetime", "31.00:00:00", "the next rotation is due before this one ends")]
    [InlineData("Rotation:Consumers:checkout:Hook", "http://checkout.example.com/reload", "Hook must be an https URL")]
    [InlineData("Rotation:ClaimTime", "00:00:20", "at least four times Rotation:EffectTimeout")]
    public void Are_refused_at_start_naming_setting_and_remedy(string setting, string? value, string words)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => new RotationWorld(new Dictionary<string, string?> { [setting] = value }).Host.Services.GetRequiredService<IOptions<CredRotation.Engine.RotationOptions>>().Value);

        Assert.Contains(refused.Failures, failure => failure.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public void Are_refused_when_a_credential_would_be_due_again_as_soon_as_it_was_promoted()
    {
        var refused = Assert.Throws<OptionsValidationException>(() => new RotationWorld(gateway: new GatewayOptions { LifetimeMax = TimeSpan.FromDays(20) }));

        Assert.Contains(refused.Failures, failure => failure.Contains("Rotation:Policies:payments: Lead", StringComparison.Ordinal));
    }

    [Fact]
    public void Are_refused_when_two_consumers_have_one_principal_so_that_nobody_could_tell_whose_proof_it_is()
    {
        var refused = Assert.Throws<OptionsValidationException>(() => new RotationWorld(new Dictionary<string, string?>
        {
            ["Rotation:Consumers:billing:Hook"] = "https://billing.example.com/reload",
            ["Rotation:Consumers:billing:Audience"] = "api://billing",
            ["Rotation:Consumers:billing:Principal"] = RotationWorld.CheckoutPrincipal.ToUpperInvariant(),
        }));

        Assert.Equal(
            "Rotation:Consumers: billing, checkout name one Principal, so that an acknowledgement could not be told to be of one of them. Give each its own identity, or make them one consumer.",
            Assert.Single(refused.Failures));
    }

    [Fact]
    public void Are_told_all_at_once()
    {
        var refused = Assert.Throws<OptionsValidationException>(() => new RotationWorld(new Dictionary<string, string?>
        {
            ["Rotation:StagingVault"] = null,
            ["Rotation:Accounts:gateway-main:Provider"] = "nobody",
            ["Rotation:Policies:payments:Lifetime"] = "31.00:00:00",
        }));

        Assert.True(refused.Failures.Count() >= 3, string.Join('\n', refused.Failures));
    }
}
