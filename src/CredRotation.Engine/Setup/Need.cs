namespace CredRotation.Engine.Setup;

/// <summary>Whether something that the app needs is there.</summary>
public enum NeedState
{
    Met,

    /// <summary>It was asked for and refused, or is not configured.</summary>
    Missing,

    /// <summary>It cannot be told from here, or its remote did not answer now.</summary>
    Unknown,

    /// <summary>Not in the present mode.</summary>
    NotNeeded,
}

/// <summary>One thing that the app needs from somebody else: a role, a permission, a subscription, a proof.</summary>
/// <param name="Name">For example <c>list payments.vault.azure.net</c>; one line per need.</param>
/// <param name="Detail">What was seen, in words for people.</param>
/// <param name="Without">What does not work without it.</param>
/// <param name="Command">What exactly whoever may grant it runs; null where nothing is to be run.</param>
/// <param name="WhoMayGrant">Who that is.</param>
public sealed record Need(string Name, NeedState State, string Detail, string Without, string? Command, string? WhoMayGrant)
{
    /// <summary>Where this is missing, rotations of this vault's secrets cannot succeed and are not begun; empty for all vaults, null for none.</summary>
    public string? StopsVault { get; init; }

    public bool IsMissing => State is NeedState.Missing;
}

/// <summary>Looks whether needs are met, with no effect outside the app's own store. Trouble is a state of a need, not an exception.</summary>
public interface ISetupProbe
{
    Task<IReadOnlyList<Need>> ProbeAsync(CancellationToken cancellationToken);
}
