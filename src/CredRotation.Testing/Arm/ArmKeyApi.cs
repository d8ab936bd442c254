using System.Text.Json.Nodes;

namespace CredRotation.Testing;

/// <summary>How one resource type of Azure Resource Manager words its keys; written from its REST reference, apart from what the app believes of it.</summary>
/// <param name="Type">The resource type.</param>
/// <param name="ApiVersions">Others are refused.</param>
/// <param name="List">The action that lists.</param>
/// <param name="Slots">Every key the resource has, also those that are no pair.</param>
/// <param name="SlotOf">Which key an action and its body regenerate; null: a bad request.</param>
/// <param name="Listed">The list's body.</param>
/// <param name="Regenerated">The answer's body; null: none.</param>
public sealed record ArmKeyApi(
    string Type,
    IReadOnlyList<string> ApiVersions,
    string List,
    IReadOnlyList<string> Slots,
    Func<ArmResource, string, JsonObject?, string?> SlotOf,
    Func<ArmResource, JsonObject> Listed,
    Func<ArmResource, string, JsonObject?> Regenerated)
{
    /// <summary>202 and a way to watch: the key changes when the operation ends.</summary>
    public ArmOperationStyle Style { get; init; }
}

/// <summary>How an action that takes long is answered.</summary>
public enum ArmOperationStyle
{
    AtOnce,

    /// <summary>Header <c>Azure-AsyncOperation</c>, whose resource is 200 with a status throughout.</summary>
    Status,

    /// <summary>Header <c>Location</c>, which is 202 until it is done.</summary>
    Location,
}
