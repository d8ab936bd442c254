using System.ComponentModel.DataAnnotations;

namespace CredRotation.Client;

/// <summary>Settings of one credential, from the section <c>CredRotation:{name}</c>; what is absent there comes from <c>CredRotation</c> itself.</summary>
public sealed class RotatingCredentialSettings
{
    /// <summary>The vault's address, for example <c>https://payments.vault.azure.net/</c>.</summary>
    [Required]
    public Uri? Vault { get; set; }

    /// <summary>The secret's name in it.</summary>
    [Required]
    [RegularExpression("^[0-9A-Za-z-]{1,127}$", ErrorMessage = "Secret is a name of 1 to 127 characters of 0-9, a-z, A-Z and '-'.")]
    public string Secret { get; set; } = "";

    /// <summary>CredRotation's base address.</summary>
    [Required]
    public Uri? Rotator { get; set; }

    /// <summary>The scope of tokens for it, for example <c>api://cred-rotation/.default</c>.</summary>
    [Required]
    public string RotatorScope { get; set; } = "";

    /// <summary>Names this instance among the app's: at most 100 characters. Absent, it is made of the machine and the process.</summary>
    [StringLength(100)]
    public string? Instance { get; set; }

    /// <summary>How often it looks for a newer version by itself; see <see cref="ReloadingCredentialOptions.PollInterval"/>.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Where configuration holds the value, for example <c>Payments:ApiKey</c>; absent, it stands nowhere in it.</summary>
    public string? ConfigurationKey { get; set; }

    /// <summary>The path at which signals are heard; it needs <see cref="Authority"/>, <see cref="Audience"/> and <see cref="RotatorPrincipal"/>.</summary>
    public string HookPath { get; set; } = "/hooks/credential-reload";

    /// <summary>The path at which Event Grid delivers signals; it needs <see cref="EventGridPrincipal"/>, too.</summary>
    public string EventsPath { get; set; } = "/hooks/credential-events";

    /// <summary>Who issues the tokens of signals, for example <c>https://login.microsoftonline.com/{tenant}/v2.0</c>; absent, no hook is opened and signals come with heartbeats.</summary>
    public Uri? Authority { get; set; }

    /// <summary>This app's own audience, for example <c>api://checkout</c>.</summary>
    public string? Audience { get; set; }

    /// <summary>Object id of CredRotation's identity: nobody else may signal.</summary>
    public string? RotatorPrincipal { get; set; }

    /// <summary>Object id of the identity with which Event Grid delivers; absent, no deliveries are taken.</summary>
    public string? EventGridPrincipal { get; set; }

    internal IEnumerable<string> Faults(string section)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        foreach (var result in results) yield return $"{section}:{string.Join(",", result.MemberNames)}: {result.ErrorMessage}";
        foreach (var (name, uri) in new[] { (nameof(Vault), Vault), (nameof(Rotator), Rotator), (nameof(Authority), Authority) })
            if (uri is not null && uri is not { IsAbsoluteUri: true, Scheme: "https" } && uri is not { IsAbsoluteUri: true, IsLoopback: true }) yield return $"{section}:{name} must be an https address.";
        if (PollInterval != TimeSpan.Zero && PollInterval < ReloadingCredentialOptions.PollIntervalMin) yield return $"{section}:PollInterval is at least {ReloadingCredentialOptions.PollIntervalMin}, or zero for none.";
        if (new[] { Authority?.OriginalString, Audience, RotatorPrincipal }.Count(text => text is { Length: > 0 }) is 1 or 2) yield return $"{section}: Authority, Audience and RotatorPrincipal belong together: set all three to open the hook, or none.";
        if (EventGridPrincipal is { Length: > 0 } && Authority is null) yield return $"{section}:EventGridPrincipal needs Authority and Audience, by which its tokens are checked.";
        foreach (var (name, path) in new[] { (nameof(HookPath), HookPath), (nameof(EventsPath), EventsPath) })
            if (!path.StartsWith('/')) yield return $"{section}:{name} must begin with '/'.";
    }
}
