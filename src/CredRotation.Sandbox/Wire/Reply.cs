using System.Text.Json.Nodes;

namespace CredRotation.Sandbox.Wire;

/// <summary>What a simulated system answers, before a fault may keep it from the wire.</summary>
public sealed record Reply(int Status, JsonNode? Body = null)
{
    /// <summary>A byte order mark stands before the body.</summary>
    public bool IsMarked { get; init; }
}
