using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>A key the simulated gateway issued. People name it by its label; the value is for the wire and for canary searches.</summary>
/// <param name="EndsOn">Null while nothing ends it.</param>
public sealed record GatewayKey(string Label, string CredentialId, SecretText Value, DateTimeOffset IssuedOn, DateTimeOffset ActiveFrom, DateTimeOffset? EndsOn)
{
    /// <summary>Whether it can still be used, now or once its activation is over.</summary>
    public bool IsLive(DateTimeOffset now) => EndsOn is not { } end || now < end;

    public bool IsAccepted(DateTimeOffset now) => IsLive(now) && now >= ActiveFrom;
}

/// <summary>An API credential of the simulated gateway: the object that keys belong to.</summary>
public sealed record GatewayCredential(string Id, string Username, string CompanyName, bool IsActive, IReadOnlyList<string> Roles)
{
    /// <summary>May list credentials and generate keys.</summary>
    public const string ManagementRole = "Management API—API credentials read and write";

    /// <summary>May ask who it is.</summary>
    public const string ReadMeRole = "Management API—Account read";

    /// <summary>May take payments.</summary>
    public const string PaymentRole = "Checkout webservice role";

    /// <summary>Whatever its maker wrote.</summary>
    public string? Description { get; init; }
}

/// <summary>One page of a merchant's credentials.</summary>
public sealed record GatewayPage(IReadOnlyList<GatewayCredential> Items, int ItemsTotal, int PagesTotal);

/// <summary>One attempt to take a payment; the key is named by its label, or <c>unknown</c>.</summary>
/// <param name="Reference">The shop's own name of the payment: two attempts at one payment share it.</param>
public sealed record Payment(DateTimeOffset At, string Transaction, string Reference, string Key, bool IsAccepted);

/// <summary>One management call.</summary>
public sealed record GatewayRequest(DateTimeOffset At, string Method, string Path, string Key, int Status);

/// <summary>How the simulated gateway treats keys.</summary>
public sealed record GatewayOptions
{
    public static readonly TimeSpan AdyenOldLife = TimeSpan.FromHours(24);

    /// <summary>The old key's life after a new one was generated.</summary>
    public TimeSpan OldLife { get; init; } = AdyenOldLife;

    /// <summary>How long a new key is refused after it was issued.</summary>
    public TimeSpan ActivationDelay { get; init; } = TimeSpan.Zero;

    /// <summary>The longest life that the provider's traits state; the model itself ends no key for it.</summary>
    public TimeSpan? LifetimeMax { get; init; }

    public string Merchant { get; init; } = "ShopPOS";

    /// <summary>The roles that the company's own user holds: no other can be given to a new credential.</summary>
    public IReadOnlyList<string> GrantableRoles { get; init; } = [GatewayCredential.PaymentRole, GatewayCredential.ReadMeRole];
}
