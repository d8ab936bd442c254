using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>A consumer that really reads the vault and uses what it read at the vendor; each of its instances runs a value of its own.</summary>
public sealed class VendorConsumer(VaultModel vaults, VendorModel vendor, string alias, string host, string secret)
{
    private readonly Dictionary<string, (SecretText Value, string Version)> _instances = new(StringComparer.Ordinal);

    public string Alias => alias;

    /// <summary>What each instance runs now.</summary>
    public IReadOnlyDictionary<string, (SecretText Value, string Version)> Instances => _instances;

    /// <summary>Starts an instance, which reads the newest version.</summary>
    public void Start(string instance) => _instances[instance] = Read(null) ?? throw new InvalidOperationException($"Consumer {alias} cannot read its secret.");

    /// <summary>Reads that version and uses it once; runs it only when the vendor takes it.</summary>
    public bool Reload(string instance, string version)
    {
        if (Read(version) is not { } read || !vendor.Use(alias, read.Value).IsOk) return false;
        _instances[instance] = read;
        return true;
    }

    /// <summary>One business call of every instance; answers those that were refused.</summary>
    public IReadOnlyList<string> Work()
        => [.. _instances.Where(instance => !vendor.Use(alias, instance.Value.Value).IsOk).Select(instance => instance.Key)];

    /// <summary>What an instance that starts now would run.</summary>
    public SecretText? WouldRead() => Read(null)?.Value;

    private (SecretText Value, string Version)? Read(string? version)
        => vaults.Get(host, secret, version, new VaultCaller(alias, "read")).Value is { } found ? (found.Value, found.Id) : null;
}
