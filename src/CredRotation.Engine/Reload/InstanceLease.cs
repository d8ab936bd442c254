namespace CredRotation.Engine.Reload;

/// <summary>An instance of a consumer says that it is there and what it runs. It shows who must prove a new version; it proves none itself.</summary>
/// <param name="Version">The version that its new calls get.</param>
/// <param name="Since">Since when it is heard of without a silence.</param>
/// <param name="HasLeft">It said that it stops.</param>
public sealed record InstanceLease(string Alias, string Instance, string Version, DateTimeOffset Since, DateTimeOffset RenewedOn, bool HasLeft)
{
    public const int CurrentFormat = 1;

    /// <summary>An instance that is not heard of for this long is silent, and still has to prove a new version.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(5);

    /// <summary>
    /// An instance that is silent for this long is gone, if another one of the same consumer was heard of all the time: else it may be us who
    /// heard nobody.
    /// </summary>
    public static readonly TimeSpan GoneAfter = Length * 2;

    /// <summary>What is gone so long is forgotten.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    public int Format { get; init; } = CurrentFormat;
}

/// <summary>A lease as it stands now.</summary>
/// <param name="Silence">For how long its instance was not heard of, by the store's own measure; zero where that is less than <see cref="InstanceLease.Length"/> or cannot be told.</param>
public sealed record StandingLease(InstanceLease Lease, TimeSpan Silence)
{
    public bool IsAlive => !Lease.HasLeft && Silence < InstanceLease.Length;

    /// <summary>It said so, or was silent for long while others of its consumer were heard of.</summary>
    public bool IsGone(IEnumerable<StandingLease> others, DateTimeOffset now)
        => Lease.HasLeft || (Silence >= InstanceLease.GoneAfter && others.Any(other => other.IsAlive && other.Lease.Alias == Lease.Alias && other.Lease.Since <= now - InstanceLease.Length));
}
