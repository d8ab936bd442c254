using CredRotation.Engine.Authorize;

namespace CredRotation.Pages;

/// <summary>How a group that is to answer looks in a word.</summary>
public static class OwnerTone
{
    public static string Of(OwnerState state) => state switch
    {
        OwnerState.Healthy => "good",
        OwnerState.Gone or OwnerState.TooFew => "bad",
        _ => "warn",
    };

    public static string Words(OwnerState state) => state switch
    {
        OwnerState.Healthy => "healthy",
        OwnerState.TooFew => "too few",
        OwnerState.Gone => "gone",
        OwnerState.CannotSee => "cannot be seen",
        _ => "not read yet",
    };
}
