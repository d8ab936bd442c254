namespace CredRotation.Sandbox.Checkout;

/// <summary>What the checkout app is started with. Tokens are its own; it holds no other secret.</summary>
public sealed class CheckoutSettings
{
    public const string Section = "Checkout";

    public required Uri Vault { get; init; }

    public required string Secret { get; init; }

    /// <summary>Where a payment is posted.</summary>
    public required Uri Payments { get; init; }

    /// <summary>CredRotation's base address.</summary>
    public required Uri Rotator { get; init; }

    public required string CertificateThumbprint { get; init; }

    public required string VaultToken { get; init; }

    /// <summary>For acknowledgements.</summary>
    public required string RotatorToken { get; init; }

    /// <summary>Checks the tokens of signals (base64).</summary>
    public required string TokenKey { get; init; }

    /// <summary>The only principal whose signals count.</summary>
    public required string RotatorPrincipal { get; init; }

    public required string Instance { get; init; }

    /// <summary>From one payment of a till to its next.</summary>
    public required TimeSpan Pace { get; init; }

    /// <summary>The port of its own server; 0 takes a free one.</summary>
    public int Port { get; init; }
}
