namespace CredRotation.Engine.Detect.Findings;

/// <summary>How soon somebody should look.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing.</summary>
    Notice,

    /// <summary>Will hurt if nobody acts.</summary>
    Warning,

    /// <summary>Hurts now, or within days.</summary>
    Critical,
}
