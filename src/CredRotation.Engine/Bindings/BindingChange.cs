using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Bindings;

/// <summary>Another binding that the tags of an adopted credential ask for: it waits for the consent of those who answer now.</summary>
/// <param name="Hash">SHA-256 over credential, old and new binding; a consent names it, so that it never counts for another change.</param>
/// <param name="AskedOn">When the tags were seen, by the host that saw them.</param>
/// <param name="Consents">Who said yes; the plan hash of each is <paramref name="Hash"/>.</param>
public sealed record BindingChange(Binding Binding, string Hash, DateTimeOffset AskedOn, IReadOnlyList<Approval> Consents)
{
    public static BindingChange Of(CredentialRow row, Binding asked, DateTimeOffset askedOn)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new(asked, CredentialRegistry.Hash(EngineJson.Write(new Asked(row.Id, row.Binding, asked))), askedOn, []);
    }

    private sealed record Asked(CredentialId Credential, Binding From, Binding To);
}

/// <summary>One object at one account: what a managed credential owns alone.</summary>
public sealed record AccountTarget(string Account, string Target)
{
    public static AccountTarget Of(Binding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return new(binding.Account, binding.Target);
    }
}
