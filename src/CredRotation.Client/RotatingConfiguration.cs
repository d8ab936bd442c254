using Microsoft.Extensions.Configuration;

namespace CredRotation.Client;

/// <summary>
/// The current value under a key of the configuration, so that options that are bound to it change with it. A value read there proves nothing: who
/// uses it so should still say by <see cref="IRotatingCredential"/> how a call went, or nothing acknowledges the version.
/// </summary>
internal sealed class RotatingConfiguration(string key) : ConfigurationProvider, IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Shows the value and tells whoever watches.</summary>
    public void Show(string value)
    {
        Data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { [key] = value };
        OnReload();
    }

    public override string ToString() => $"{key} ***";
}
