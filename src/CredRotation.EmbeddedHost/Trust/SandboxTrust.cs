using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Messaging.EventGrid;
using CredRotation.Adapters.KeyVault;
using CredRotation.Functions.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;

namespace CredRotation.EmbeddedHost.Trust;

/// <summary>
/// Everything that is believed because a sandbox says so, in one place: its tokens, its certificate, no challenge check. Refuses to
/// start unless every address in the settings is this machine, so that none of it can ever meet a real system.
/// </summary>
internal sealed class SandboxTrust
{
    public const string Section = "Sandbox";
    public const string SignInPath = "/.auth/sandbox";

    private const string CookieName = "credrotation-sandbox";
    private const string DefaultPrincipal = "00000000-0000-4000-8000-000000000101";
    private const string GraphBaseSetting = "Graph:BaseUrl";

    /// <summary>Settings under which an address is one that we would call. An audience only looks like an address.</summary>
    private static readonly string[] s_sections = ["Rotation", "Teams", "EventGrid", "Graph", "Storage", "Providers", "KeyVault", "AzureWebJobsStorage", Section];

    /// <summary>What the sandbox's directory lets the app do.</summary>
    private static readonly string[] s_permissions = ["GroupMember.Read.All", "User.Read.All", "Mail.Send"];

    private readonly byte[] _key;
    private readonly string _thumbprint;
    private readonly SandboxClaims _self;

    private SandboxTrust(byte[] key, string thumbprint, SandboxClaims self) => (_key, _thumbprint, _self) = (key, thumbprint, self);

    public static bool IsEnabled(IConfiguration configuration) => bool.TryParse(configuration[$"{Section}:Enabled"], out var isEnabled) && isEnabled;

    /// <summary>Null without a sandbox. Throws when a setting names an address that is not this machine, or when a part is missing.</summary>
    public static SandboxTrust? From(IConfiguration configuration)
    {
        if (!IsEnabled(configuration)) return null;

        foreach (var (setting, value) in configuration.AsEnumerable().Where(setting => IsOurs(setting.Key)))
        {
            if (Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && !IsLoopback(address))
            {
                // The value may be a webhook, which is a secret.
                throw new InvalidOperationException($"{setting} names an address that is not this machine, and Sandbox:Enabled is true. Nothing was started. Point it at 127.0.0.1, or turn the sandbox off.");
            }
        }

        var thumbprint = configuration[$"{Section}:CertificateThumbprint"];
        if (thumbprint is not { Length: 64 } || !thumbprint.All(char.IsAsciiHexDigit)) throw Missing("CertificateThumbprint", "the SHA-256 of the sandbox's certificate, 64 hexadecimal digits");

        var key = new byte[SandboxToken.KeyBytes];
        if (!Convert.TryFromBase64String(configuration[$"{Section}:TokenKey"] ?? "", key, out var length) || length != key.Length) throw Missing("TokenKey", $"{SandboxToken.KeyBytes} bytes in base64");

        // Without it, a token of the sandbox would go to the real directory.
        if (!Uri.TryCreate(configuration[GraphBaseSetting], UriKind.Absolute, out _)) throw new InvalidOperationException($"{GraphBaseSetting} is missing, and Sandbox:Enabled is true. Nothing was started. It is the address of the sandbox's directory.");

        var self = new SandboxClaims(configuration[$"{Section}:Principal"] ?? DefaultPrincipal, "cred-rotation", s_permissions, "cred-rotation");
        return new SandboxTrust(key, thumbprint, self);
    }

    public void Apply(IServiceCollection services)
    {
        services.Replace(ServiceDescriptor.Singleton<TokenCredential>(new SandboxCredential(_self, _key)));
        services.Replace(ServiceDescriptor.Singleton(provider =>
        {
            var factory = ActivatorUtilities.CreateInstance<KeyVaultClientFactory>(provider);
            factory.Configure = options =>
            {
                options.Transport = new HttpClientTransport(PinnedHandler());
                options.DisableChallengeResourceVerification = true;
                options.Retry.MaxRetries = 0;
            };
            return factory;
        }));
        services.AddSingleton<Action<EventGridPublisherClientOptions>>(options => options.Transport = new HttpClientTransport(PinnedHandler()));
        services.ConfigureAll<HttpClientFactoryOptions>(options => options.HttpMessageHandlerBuilderActions.Add(builder =>
        {
            if (builder.PrimaryHandler is SocketsHttpHandler handler) Pin(handler);
        }));
    }

    /// <summary>Gives the request the principal of its token, if it carries a good one.</summary>
    public void SignIn(HttpContext context)
    {
        var token = context.Request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? header["Bearer ".Length..].Trim()
            : context.Request.Cookies[CookieName];
        if (Validate(token) is { } claims) context.Request.Headers[CallerReader.PrincipalHeader] = Principal(claims);
    }

    /// <summary>Turns a token in an address into a cookie, so that a person can follow a link from the terminal.</summary>
    public void MapSignIn(WebApplication app)
        => app.MapGet(SignInPath, (RequestDelegate)(context =>
        {
            var (token, to) = (context.Request.Query["token"].ToString(), context.Request.Query["to"].ToString());
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["Referrer-Policy"] = "no-referrer";
            if (Validate(token) is null)
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            }

            context.Response.Cookies.Append(CookieName, token, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/", IsEssential = true });
            context.Response.Redirect(IsLocalPath(to) ? to : "/api/pages/credentials");
            return Task.CompletedTask;
        }));

    private SandboxClaims? Validate(string? token)
        => string.IsNullOrEmpty(token) ? null : SandboxToken.Validate(token, _key, SandboxToken.RotatorAudience, TimeProvider.System);

    /// <summary>A path on this host: what a browser would read as another host begins with two slashes or holds a backslash.</summary>
    private static bool IsLocalPath(string to)
        => to is ['/', not ('/' or '\\'), ..] && to.Length <= 500 && to.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.');

    private static string Principal(SandboxClaims claims)
    {
        var all = new List<object> { new { typ = "http://schemas.microsoft.com/identity/claims/objectidentifier", val = claims.ObjectId }, new { typ = "name", val = claims.Name } };
        all.AddRange(claims.Roles.Select(role => new { typ = "roles", val = role }));
        if (claims.AppId is not null) all.Add(new { typ = "appid", val = claims.AppId });
        return Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new { auth_typ = "aad", name_typ = "name", role_typ = "roles", claims = all }));
    }

    private static bool IsOurs(string setting)
        => s_sections.Any(section => setting.StartsWith($"{section}{ConfigurationPath.KeyDelimiter}", StringComparison.OrdinalIgnoreCase) || setting.Equals(section, StringComparison.OrdinalIgnoreCase))
            && !setting.EndsWith(":Audience", StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopback(Uri address) => address.IsLoopback && (address.HostNameType is not UriHostNameType.IPv4 || IPAddress.IsLoopback(IPAddress.Parse(address.Host)));

    private static InvalidOperationException Missing(string name, string what)
        => new($"{Section}:{name} must be {what}, and Sandbox:Enabled is true. Nothing was started. The sandbox prints all its settings when it starts.");

    private SocketsHttpHandler PinnedHandler()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        Pin(handler);
        return handler;
    }

    private void Pin(SocketsHttpHandler handler)
    {
        handler.UseProxy = false;
        handler.SslOptions.RemoteCertificateValidationCallback = IsPinned;
    }

    private bool IsPinned(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        => certificate is not null && string.Equals(certificate.GetCertHashString(HashAlgorithmName.SHA256), _thumbprint, StringComparison.OrdinalIgnoreCase);

    /// <summary>Stands for the managed identity: a token of the sandbox for whatever audience is asked for.</summary>
    private sealed class SandboxCredential(SandboxClaims self, byte[] key) : TokenCredential
    {
        private static readonly TimeSpan s_life = TimeSpan.FromHours(1);

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            var audience = requestContext.Scopes[0];
            if (audience.EndsWith("/.default", StringComparison.Ordinal)) audience = audience[..^"/.default".Length];
            return new AccessToken(SandboxToken.Issue(self, audience, key, s_life, TimeProvider.System), TimeProvider.System.GetUtcNow() + s_life);
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
            => ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
