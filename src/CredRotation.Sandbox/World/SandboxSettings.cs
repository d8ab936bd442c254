using System.Globalization;
using CredRotation.Sandbox.Checkout;
using CredRotation.Sandbox.Systems;
using CredRotation.Testing;

namespace CredRotation.Sandbox.World;

/// <summary>Writes down, as environment variables, what the app and the shop need to know of a sandbox.</summary>
internal static class SandboxSettings
{
    public static IReadOnlyDictionary<string, string> OfHost(SandboxWorld world)
    {
        var settings = new Dictionary<string, string>
        {
            ["EmbeddedHost__Port"] = world.Rotator.Port.ToString(CultureInfo.InvariantCulture),
            ["Sandbox__Enabled"] = "true",
            ["Sandbox__CertificateThumbprint"] = world.Thumbprint,
            ["Sandbox__TokenKey"] = Convert.ToBase64String(world.SignIn.Key),
            ["Storage__SqlitePath"] = world.SqlitePath,
            ["Graph__BaseUrl"] = world.DirectoryUri.AbsoluteUri,
            ["Teams__DefaultWebhook"] = world.WebhookUri.AbsoluteUri,
            ["EventGrid__TopicEndpoint"] = world.Topic.Endpoint.AbsoluteUri,
            ["Mail__Sender"] = SandboxNames.Sender,
            ["Rotation__Mode"] = "Rotate",
            ["Rotation__PagesBaseUri"] = world.Rotator.AbsoluteUri,
            ["Rotation__Vaults__0"] = Vault(world, SandboxNames.PaymentsVault),
            ["Rotation__Vaults__1"] = Vault(world, SandboxNames.OtherVault),
            ["Rotation__StagingVault"] = Vault(world, SandboxNames.StagingVault),
            ["Rotation__FallbackGroup"] = SandboxNames.Fallback,
        };
        Account(world, settings);
        Policy(world, settings);
        Consumer(world, settings);
        foreach (var (name, value) in world.Options.Settings) settings[name] = value;
        return settings;
    }

    public static IReadOnlyDictionary<string, string> OfCheckout(SandboxWorld world, string instance)
    {
        var app = SandboxSignIn.CheckoutApp;
        var settings = new Dictionary<string, string>
        {
            [nameof(CheckoutSettings.Vault)] = Vault(world, SandboxNames.PaymentsVault),
            [nameof(CheckoutSettings.Secret)] = SandboxNames.PaymentSecret,
            [nameof(CheckoutSettings.Payments)] = world.PaymentsUri.AbsoluteUri,
            [nameof(CheckoutSettings.Rotator)] = world.Rotator.AbsoluteUri,
            [nameof(CheckoutSettings.CertificateThumbprint)] = world.Thumbprint,
            [nameof(CheckoutSettings.VaultToken)] = world.SignIn.TokenFor(app, SandboxSignIn.VaultAudience),
            [nameof(CheckoutSettings.RotatorToken)] = world.TokenFor(app),
            [nameof(CheckoutSettings.TokenKey)] = Convert.ToBase64String(world.SignIn.Key),
            [nameof(CheckoutSettings.RotatorPrincipal)] = SandboxSignIn.Known[SandboxSignIn.RotatorApp].ObjectId,
            [nameof(CheckoutSettings.Instance)] = instance,
            [nameof(CheckoutSettings.Pace)] = Span(world.Options.PaymentPace),
        };
        return settings.ToDictionary(setting => $"{CheckoutSettings.Section}__{setting.Key}", setting => setting.Value);
    }

    private static void Account(SandboxWorld world, Dictionary<string, string> settings)
    {
        const string account = $"Rotation__Accounts__{SandboxNames.Account}";
        settings[$"{account}__Provider"] = world.Options.Provider;
        settings[$"{account}__Parameters__baseUrl"] = world.GatewayUri.AbsoluteUri;
        settings[$"{account}__Parameters__merchantId"] = world.Gateway.Options.Merchant;
        settings[$"{account}__Secrets__{InMemoryGatewayProvider.ManagementSecret}"] = $"{Vault(world, SandboxNames.PlatformVault)}secrets/{SandboxNames.ManagementSecret}";
        settings[$"{account}__Vaults__0"] = Vault(world, SandboxNames.PaymentsVault);
        settings[$"{account}__Targets"] = world.Options.HasCredentials ? "[a-z][a-z0-9-]{2,40}" : "S2-[0-9A-F]{16}";
        settings[$"{account}__OwnerGroups__0"] = SandboxNames.PaymentsOwners;
        if (world.Options.HasCredentials) settings[$"{account}__Parameters__roles"] = string.Join("; ", world.Gateway.Options.GrantableRoles);
        else if (world.Gateway.Options.OldLife != GatewayOptions.AdyenOldLife) settings[$"{account}__Parameters__oldLife"] = Span(world.Gateway.Options.OldLife);
        foreach (var (name, value) in world.Options.AccountParameters) settings[$"{account}__Parameters__{name}"] = value;
    }

    private static void Policy(SandboxWorld world, Dictionary<string, string> settings)
    {
        const string policy = $"Rotation__Policies__{SandboxNames.Policy}";
        settings[$"{policy}__Zone"] = "Europe/Berlin";
        settings[$"{policy}__Lead"] = Span(TimeSpan.FromDays(30));
        settings[$"{policy}__Lifetime"] = Span(TimeSpan.FromDays(90));
        settings[$"{policy}__Consumers__0"] = SandboxNames.Consumer;
        settings["Rotation__Policies__standard__Zone"] = "Europe/Berlin";
        settings["Rotation__Policies__standard__Lead"] = Span(TimeSpan.FromDays(30));
        foreach (var (name, value) in world.Options.Policy) settings[$"{policy}__{name}"] = value;
    }

    private static void Consumer(SandboxWorld world, Dictionary<string, string> settings)
    {
        const string consumer = $"Rotation__Consumers__{SandboxNames.Consumer}";
        settings[$"{consumer}__Hook"] = world.Checkout.Hook.AbsoluteUri;
        settings[$"{consumer}__Audience"] = SandboxSignIn.CheckoutAudience;
        settings[$"{consumer}__Principal"] = SandboxSignIn.Known[SandboxSignIn.CheckoutApp].ObjectId;
    }

    private static string Vault(SandboxWorld world, string alias) => world.VaultUri(alias).AbsoluteUri;

    private static string Span(TimeSpan span) => span.ToString("c", CultureInfo.InvariantCulture);
}
