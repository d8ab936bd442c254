namespace CredRotation.Client;

/// <summary>A version this instance holds. Guarded by its owner's lock.</summary>
internal sealed class HeldVersion(string version, string value, DateTimeOffset? createdOn)
{
    public string Version => version;

    public string Value => value;

    public DateTimeOffset? CreatedOn => createdOn;

    /// <summary>Calls that use it now.</summary>
    public int Leases { get; set; }

    public DateTimeOffset? FirstSuccessOn { get; set; }

    /// <summary>The signal that waits for an acknowledgement.</summary>
    public ReloadSignal? Unanswered { get; set; }

    public override string ToString() => $"{version} ***";
}
