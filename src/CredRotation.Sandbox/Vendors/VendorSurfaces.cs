namespace CredRotation.Sandbox.Vendors;

/// <summary>Every vendor whose documented surface is simulated, by the provider file that speaks to it.</summary>
internal static class VendorSurfaces
{
    public static IReadOnlyList<VendorSurface> All { get; } =
    [
        GatewaySurfaces.Solidgate, GatewaySurfaces.Paddle, GatewaySurfaces.Spreedly, GatewaySurfaces.Braintree, GatewaySurfaces.Finix,
        CloudSurfaces.TwilioKey, CloudSurfaces.TwilioAuthToken, CloudSurfaces.SendGrid, CloudSurfaces.Datadog, CloudSurfaces.Cloudflare,
        PlatformSurfaces.Confluent, PlatformSurfaces.Elastic, PlatformSurfaces.Grafana, PlatformSurfaces.OpenAI, PlatformSurfaces.Atlas,
        IdentitySurfaces.Okta, IdentitySurfaces.Vonage, IdentitySurfaces.Auth0, IdentitySurfaces.PubNub, IdentitySurfaces.GitLab,
    ];

    public static VendorSurface Find(string kind) => All.Single(surface => surface.Kind == kind);
}
