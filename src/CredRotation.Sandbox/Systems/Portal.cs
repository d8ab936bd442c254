using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Systems;

/// <summary>A request for the one read of a portal's gateway.</summary>
/// <param name="Body">Its JSON, if it has any.</param>
internal sealed record PortalCall(HttpRequest Request, JsonObject? Body, string Target);

/// <summary>What a gateway whose keys are made in a portal documents of the one read that a key is tried with.</summary>
/// <param name="Kind">The provider file that speaks to it.</param>
/// <param name="Target">The object that keys belong to, as the vendor writes such ids.</param>
/// <param name="KeyIn">The key that a request shows; null: none, or beside another name than the account's.</param>
/// <param name="Answer">What the owner of an accepted key is answered.</param>
/// <param name="Refusal">The vendor's own words for a status.</param>
internal sealed record Portal(string Kind, string Target, string Method, string Path, Func<PortalCall, string?> KeyIn, Func<string, JsonObject> Answer, Func<int, JsonObject> Refusal)
{
    public Func<PortalCall, bool> Needs { get; init; } = _ => true;

    /// <summary>What an account sets beside the base address.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>What the vendor does with keys, whatever a file says.</summary>
    public VendorClass Truth { get; init; } = VendorClasses.HandedIn;

    public int SuccessStatus { get; init; } = 200;

    /// <summary>What a key of another owner gets where the request itself says whose it is; null: it is answered as its own owner.</summary>
    public int? StrangerStatus { get; init; }

    /// <summary>Refusals come with 200, and a byte order mark stands before every body.</summary>
    public bool IsAlwaysFine { get; init; }

    /// <summary>What stands before a key in what a person hands in, such as the name that belongs to it.</summary>
    public string Prefix { get; init; } = "";

    public Reply Reply(int status, JsonObject body) => new(IsAlwaysFine && status is 400 or 401 ? 200 : status, body) { IsMarked = IsAlwaysFine };
}
