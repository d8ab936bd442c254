namespace CredRotation.Adapters;

/// <summary>Looks at settings before anything runs; all that every check finds is said at once.</summary>
public interface IStartupCheck
{
    /// <summary>Each names the setting, what is wrong and an example of what is right; never a value that may be secret.</summary>
    IEnumerable<string> Faults();
}
