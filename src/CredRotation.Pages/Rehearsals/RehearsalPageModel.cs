using CredRotation.Engine.Rehearse;

namespace CredRotation.Pages.Rehearsals;

/// <summary>What would happen to a credential now, for a person.</summary>
public sealed record RehearsalPageModel(RehearsalReport Report, string Person, DateTimeOffset Now);

/// <summary>How a verdict looks. Pure.</summary>
internal static class VerdictWords
{
    public static string Of(RehearsalVerdict verdict) => verdict switch
    {
        RehearsalVerdict.WouldRotate => "would rotate",
        RehearsalVerdict.WouldAsk => "would ask",
        RehearsalVerdict.NotDue => "not due",
        RehearsalVerdict.IsOpen => "rotation open",
        RehearsalVerdict.ModeForbids => "mode forbids",
        _ => "blocked",
    };

    public static string Tone(RehearsalVerdict verdict) => verdict switch
    {
        RehearsalVerdict.WouldRotate or RehearsalVerdict.NotDue => "good",
        RehearsalVerdict.Blocked => "bad",
        RehearsalVerdict.IsOpen => "live",
        _ => "warn",
    };
}
