using System.Text.Json.Nodes;

namespace CredRotation.Engine;

/// <summary>What is written into the ledger with a change: who, what and why.</summary>
internal sealed record LedgerNote(string Who, string What, string Why, JsonObject? Data = null)
{
    public const string Self = "credrotation";

    public static LedgerNote Ours(string what, string why, JsonObject? data = null) => new(Self, what, why, data);
}

/// <summary>How a step ended its turn.</summary>
internal abstract record StepResult(Rotation Rotation)
{
    /// <summary>The rotation changed; save and go on at once.</summary>
    public sealed record Moved(Rotation Rotation, LedgerNote Note) : StepResult(Rotation);

    /// <summary>Nothing to do before <see cref="Rotation.WakeOn"/>; a note only when something is worth remembering.</summary>
    public sealed record Waits(Rotation Rotation, LedgerNote? Note) : StepResult(Rotation);
}

/// <summary>A step of the protocol: an order of calls from one state towards the next. Safe to repeat; steps do not call steps.</summary>
internal interface IRotationStep
{
    bool Handles(Rotation rotation);

    Task<StepResult> RunAsync(Visit visit, CancellationToken cancellationToken);
}
