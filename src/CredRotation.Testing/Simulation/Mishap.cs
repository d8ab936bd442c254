namespace CredRotation.Testing.Simulation;

/// <summary>What happens to one call of one host.</summary>
public enum Mishap
{
    /// <summary>The process ends before the call is sent.</summary>
    KillBefore,

    /// <summary>The process ends after the call had its effect and before it knows.</summary>
    KillAfter,

    /// <summary>The process ends with the call under way, which lands later.</summary>
    KillInFlight,

    /// <summary>The connection ends before anything happened.</summary>
    LostBefore,

    /// <summary>It happened, and the answer is lost.</summary>
    LostAfter,

    /// <summary>It is slower than its time-out, and lands all the same.</summary>
    Late,

    /// <summary>The host stands still before it sends.</summary>
    FreezeBefore,

    /// <summary>The host stands still after the effect, past the end of its claim.</summary>
    FreezeAfter,

    /// <summary>429.</summary>
    Throttled,

    /// <summary>500 without effect.</summary>
    Broken,
}

/// <summary>A mishap for the n-th call of that name, whichever host makes it.</summary>
public sealed record PlannedMishap(string Operation, int Occurrence, Mishap Mishap, TimeSpan For)
{
    /// <summary>On which side of the effect it is.</summary>
    public static string SideOf(Mishap mishap) => mishap is Mishap.KillAfter or Mishap.LostAfter or Mishap.FreezeAfter ? "after" : "before";

    /// <summary>Which kind of fault it is counted as.</summary>
    public static string KindOf(Mishap mishap) => mishap switch
    {
        Mishap.KillBefore or Mishap.KillAfter or Mishap.KillInFlight => "kill",
        Mishap.LostBefore or Mishap.LostAfter => "lost",
        Mishap.Late => "late",
        Mishap.FreezeBefore or Mishap.FreezeAfter => "freeze",
        Mishap.Throttled => "throttled",
        _ => "broken",
    };

    public override string ToString() => For > TimeSpan.Zero ? $"{Operation} #{Occurrence}: {Mishap} for {For}" : $"{Operation} #{Occurrence}: {Mishap}";
}
