using System.Globalization;
using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>
/// Behaves like the app registrations of a tenant: secrets become active and are listed after a while, live side by side, and end a moment after they
/// were removed. Source: Microsoft Graph, application: addPassword and removePassword; Microsoft Entra, app management policies and error codes.
/// </summary>
public sealed class ApplicationModel(TimeProvider time, int seed)
{
    public const string Tenant = "72f1a3c4-0d5b-4e6f-8a91-b2c3d4e5f601";

    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~._-";
    private const int ValueLength = 40;

    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private readonly List<AppRegistration> _apps = [];

    /// <summary>How long until a new secret is accepted.</summary>
    public TimeSpan ActivationDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long until a new secret is listed.</summary>
    public TimeSpan ListLag { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How long a removed secret is accepted.</summary>
    public TimeSpan RemovalDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest life that the tenant's policy allows.</summary>
    public TimeSpan? LifetimeMax { get; set; }

    /// <summary>The tenant's policy allows no new secret.</summary>
    public bool ForbidsPasswords { get; set; }

    /// <summary>The app's identity may change the applications it owns.</summary>
    public bool IsOwner { get; set; } = true;

    /// <summary>The app's identity may read every application.</summary>
    public bool MayReadAll { get; set; } = true;

    public IReadOnlyList<AppRegistration> Apps
    {
        get
        {
            lock (_gate) return [.. _apps];
        }
    }

    public AppRegistration Register(string appId, string objectId, string name)
    {
        lock (_gate)
        {
            var app = new AppRegistration(appId, objectId, name);
            _apps.Add(app);
            return app;
        }
    }

    /// <summary>A secret that has been there for a while, made by hand.</summary>
    public AppPassword Add(AppRegistration app, string? displayName, TimeSpan life, bool hasHint = true)
    {
        ArgumentNullException.ThrowIfNull(app);
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var made = Make(displayName, now.AddDays(-1), now + life, now.AddDays(-1), now.AddDays(-1)) with { HasHint = hasHint };
            app.Passwords.Add(made);
            return made;
        }
    }

    public Answer<AppPassword> AddPassword(string appId, string? displayName, DateTimeOffset? end)
    {
        lock (_gate)
        {
            if (Find(appId) is not { } app) return NotFound(appId);
            if (!IsOwner) return Denied();
            if (ForbidsPasswords) return new RemoteError(400, "CredentialTypeNotAllowedAsPerAppPolicy", null, "Credential type not allowed as per assigned policy 'sandbox'.");

            var now = time.GetUtcNow();
            var ends = end ?? now.AddYears(2);
            if (LifetimeMax is { } longest && ends - now > longest) return new RemoteError(400, "CredentialInvalidLifetimeAsPerAppPolicy", null, "Credential lifetime exceeds the max value allowed as per assigned policy 'sandbox'.");
            if (ends <= now) return new RemoteError(400, "Request_BadRequest", null, "The end date is in the past.");
            var made = Make(displayName, now, ends, now + ActivationDelay, now + ListLag);
            app.Passwords.Add(made);
            return made;
        }
    }

    public Answer<AppPassword> RemovePassword(string appId, Guid keyId)
    {
        lock (_gate)
        {
            if (Find(appId) is not { } app) return NotFound(appId);
            if (!IsOwner) return Denied();
            var at = app.Passwords.FindIndex(password => password.KeyId == keyId && password.RemovedOn is null);
            if (at < 0) return new RemoteError(400, "Request_BadRequest", null, "No password credential found with keyId.");
            return app.Passwords[at] = app.Passwords[at] with { RemovedOn = time.GetUtcNow() };
        }
    }

    /// <summary>The secrets that a read shows now.</summary>
    public Answer<IReadOnlyList<AppPassword>> Read(string appId)
    {
        lock (_gate)
        {
            if (Find(appId) is not { } app) return NotFound(appId);
            if (!IsOwner && !MayReadAll) return Denied();
            return Listed(app);
        }
    }

    public IReadOnlyList<AppPassword> ListedOf(AppRegistration app)
    {
        ArgumentNullException.ThrowIfNull(app);
        lock (_gate) return Listed(app);
    }

    /// <summary>A client-credentials sign-in; the inner code is the AADSTS one.</summary>
    public Answer<AppRegistration> SignIn(string tenant, string appId, string secret)
    {
        lock (_gate)
        {
            if (!string.Equals(tenant, Tenant, StringComparison.OrdinalIgnoreCase)) return new RemoteError(400, "invalid_request", "90002", "Tenant not found.");
            if (Find(appId) is not { } app) return new RemoteError(400, "unauthorized_client", "700016", "Application was not found in the directory.");
            var known = app.Passwords.Where(password => password.Value.RevealToRemote() == secret).ToList();
            if (known.Any(IsAccepted)) return app;
            return known.Any(password => password.EndOn <= time.GetUtcNow())
                ? new RemoteError(401, "invalid_client", "7000222", "The provided client secret keys are expired.")
                : new RemoteError(401, "invalid_client", "7000215", "Invalid client secret provided.");
        }
    }

    public bool Accepts(SecretText value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate) return _apps.SelectMany(app => app.Passwords).Any(password => password.Value.RevealToRemote() == value.RevealToRemote() && IsAccepted(password));
    }

    private bool IsAccepted(AppPassword password)
        => time.GetUtcNow() is var now && password.ActiveFrom <= now && password.EndOn > now && !(password.RemovedOn + RemovalDelay <= now);

    private List<AppPassword> Listed(AppRegistration app) => [.. app.Passwords.Where(password => password.RemovedOn is null && password.ListedFrom <= time.GetUtcNow())];

    private AppRegistration? Find(string appId) => _apps.FirstOrDefault(app => string.Equals(app.AppId, appId, StringComparison.OrdinalIgnoreCase));

    private AppPassword Make(string? displayName, DateTimeOffset start, DateTimeOffset end, DateTimeOffset active, DateTimeOffset listed)
    {
        var id = new byte[16];
        _random.NextBytes(id);
        return new AppPassword(new Guid(id), displayName, new SecretText(string.Create(ValueLength, _random, static (span, random) =>
        {
            for (var at = 0; at < span.Length; at++) span[at] = Letters[random.Next(Letters.Length)];
        })), start, end, active, listed);
    }

    private static RemoteError NotFound(string id) => new(404, "Request_ResourceNotFound", null, string.Create(CultureInfo.InvariantCulture, $"Resource '{id}' does not exist."));

    private static RemoteError Denied() => new(403, "Authorization_RequestDenied", null, "Insufficient privileges to complete the operation.");
}
