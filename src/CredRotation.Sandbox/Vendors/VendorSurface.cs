using System.Globalization;
using System.Text.Json.Nodes;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Vendors;

/// <summary>A vendor's documented surface as data: its paths and shapes, its limits and quirks, and how its credentials really behave.</summary>
/// <param name="Kind">The provider file that is to speak to it.</param>
/// <param name="Target">The object that credentials belong to, as the vendor writes such ids.</param>
/// <param name="Truth">What the vendor does, whatever a file says.</param>
internal sealed record VendorSurface(string Kind, string Target, VendorClass Truth, IReadOnlyList<VendorRoute> Routes)
{
    /// <summary>What an account sets beside the base address.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The parameters that take the server's address, each with the path behind it.</summary>
    public IReadOnlyDictionary<string, string> Addresses { get; init; } = new Dictionary<string, string> { ["baseUrl"] = "" };

    /// <summary>Management credentials by name; null stands for the one that manages, <c>current</c> for the credential in use.</summary>
    public IReadOnlyDictionary<string, string?> Management { get; init; } = new Dictionary<string, string?> { ["management"] = null };

    /// <summary>The management credential that a request shows.</summary>
    public Func<VendorCall, string?> Manager { get; init; } = call => call.Bearer;

    /// <summary>The vendor's own words for what is wrong, and its own status.</summary>
    public Func<RemoteError, Reply> Envelope { get; init; } = error => new Reply(error.Status, new JsonObject { ["error"] = error.Code });

    /// <summary>How the vendor writes the id of its n-th credential.</summary>
    public Func<int, JsonNode> Id { get; init; } = number => string.Create(CultureInfo.InvariantCulture, $"key-{number:D4}");

    /// <summary>What consumers read from the vault.</summary>
    public Func<VendorCredential, JsonNode, string> Stored { get; init; } = (credential, _) => credential.Value.RevealToRemote();

    /// <summary>The secret in what consumers read; null when it has another form.</summary>
    public Func<string, string?> Secret { get; init; } = stored => stored;

    /// <summary>How many may live at once, where the vendor has a limit that a rotation may meet.</summary>
    public int? Cap { get; init; }

    /// <summary>A value of the vendor's form that nobody was ever given.</summary>
    public Func<string, string> NeverGiven { get; init; } = value => value;

    /// <summary>A header of its own that says for how many seconds to stay away; null: Retry-After.</summary>
    public string? PauseHeader { get; init; }
}

/// <summary>One operation of a vendor.</summary>
/// <param name="Path">With <c>{name}</c> for a segment that varies.</param>
/// <param name="IsPrelude">Comes before an effect and has none, such as a request for a management token.</param>
internal sealed record VendorRoute(string Method, string Path, string Operation, Func<VendorCall, Reply> Answer, Func<VendorCall, bool>? Is = null, bool IsPrelude = false)
{
    /// <summary>The segments that vary; null when it is another path.</summary>
    public IReadOnlyDictionary<string, string>? Match(string method, string path)
    {
        if (method != Method) return null;

        var (asked, own) = (path.Trim('/').Split('/'), Path.Trim('/').Split('/'));
        if (asked.Length != own.Length) return null;

        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = 0; at < own.Length; at++)
        {
            // Within a segment, too: Twilio writes Keys/{sid}.json.
            var (open, close) = (own[at].IndexOf('{', StringComparison.Ordinal), own[at].IndexOf('}', StringComparison.Ordinal));
            if (open < 0)
            {
                if (own[at] != asked[at]) return null;
                continue;
            }

            var (before, after) = (own[at][..open], own[at][(close + 1)..]);
            if (asked[at].Length <= before.Length + after.Length || !asked[at].StartsWith(before, StringComparison.Ordinal) || !asked[at].EndsWith(after, StringComparison.Ordinal)) return null;
            found[own[at][(open + 1)..close]] = Uri.UnescapeDataString(asked[at][before.Length..^after.Length]);
        }

        return found;
    }
}
