namespace CredRotation.Engine.Reload;

/// <summary>An instance of a consumer says that it is there and what it runs. It shows who must prove a new version; it proves none itself.</summary>
/// <param name="Version">The version that its new calls get.</param>
/// <param name="Since">When this instance was first heard of.</param>
/// <param name="HasLeft">It said that it stops.</param>
public sealed record InstanceLease(string Alias, string Instance, string Version, DateTimeOffset Since, DateTimeOffset RenewedOn, bool HasLeft)
{
    public const int CurrentFormat = 1;

    /// <summary>An instance that is not heard of for this long is gone.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(5);

    /// <summary>What is gone so long is forgotten.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    public int Format { get; init; } = CurrentFormat;
}

/// <summary>A lease as it stands now.</summary>
/// <param name="IsAlive">Its instance was heard of within <see cref="InstanceLease.Length"/>, by the store's own measure, and did not leave.</param>
public sealed record StandingLease(InstanceLease Lease, bool IsAlive);
