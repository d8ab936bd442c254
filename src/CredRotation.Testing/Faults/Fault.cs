namespace CredRotation.Testing;

/// <summary>What goes wrong with one call to a simulated remote; both faces of a model carry it out alike.</summary>
public abstract record Fault
{
    private Fault()
    {
    }

    /// <summary>The remote answers this error and does nothing.</summary>
    /// <param name="RetryAfter">Sent as the header of that name.</param>
    public sealed record Refuse(int Status, string Code, string? InnerCode = null, TimeSpan? RetryAfter = null) : Fault;

    /// <summary>The connection ends before anything happened.</summary>
    public sealed record DropBefore : Fault;

    /// <summary>It happens, and the connection ends before the answer.</summary>
    public sealed record DropAfter : Fault;

    /// <summary>It happens, and the answer is a 200 that nobody can read.</summary>
    public sealed record Garbage : Fault;

    /// <summary>It happens only after this long, also when the caller has gone.</summary>
    public sealed record Late(TimeSpan By) : Fault;

    /// <summary>It happens at once and is answered only after this long.</summary>
    public sealed record LateAnswer(TimeSpan By) : Fault;
}

/// <summary>On which side of an effect a hook is called.</summary>
public enum FaultPoint { Before, After }
