using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CredRotation.Testing;

/// <summary>One thing a simulated vault says about a version, in both of Event Grid's schemas; it never holds a value.</summary>
/// <param name="Type">Without the common prefix, for example <c>SecretNearExpiry</c>.</param>
public sealed record VaultEvent(string Type, VaultVersion Version, DateTimeOffset On)
{
    public const string NewVersion = "SecretNewVersionCreated";
    public const string NearExpiry = "SecretNearExpiry";
    public const string Expired = "SecretExpired";

    /// <summary>How long before its end a version is said to near it.</summary>
    public static readonly TimeSpan NearExpiryLead = TimeSpan.FromDays(30);

    private static readonly TimeSpan s_shortNotice = TimeSpan.FromMinutes(5);

    /// <summary>Follows from what it says, so that a repeat has the same id.</summary>
    public string Id => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{Type}/{Version.Vault}/{Version.Name}/{Version.Id}"))[..16]).ToString();

    /// <summary>Everything a vault will ever say about a version, if it stays the current one.</summary>
    public static IReadOnlyList<VaultEvent> Of(VaultVersion version)
    {
        var written = DateTimeOffset.FromUnixTimeSeconds(version.Created);
        if (version.Expires is not { } seconds) return [new(NewVersion, version, written)];

        var end = DateTimeOffset.FromUnixTimeSeconds(seconds);
        // A version that is written within the lead is announced a few minutes later.
        var near = end - NearExpiryLead > written ? end - NearExpiryLead : written + s_shortNotice;
        return [new(NewVersion, version, written), .. near < end ? [new VaultEvent(NearExpiry, version, near)] : Array.Empty<VaultEvent>(), new(Expired, version, end > written ? end : written)];
    }

    /// <summary>As one object; a delivery of this schema holds it in an array.</summary>
    public JsonObject ToEventGrid() => new()
    {
        ["id"] = Id,
        ["topic"] = Source,
        ["subject"] = Version.Name,
        ["eventType"] = FullType,
        ["eventTime"] = Time,
        ["data"] = Data(),
        ["dataVersion"] = "1",
        ["metadataVersion"] = "1",
    };

    public JsonObject ToCloudEvent() => new()
    {
        ["id"] = Id,
        ["source"] = Source,
        ["specversion"] = "1.0",
        ["type"] = FullType,
        ["subject"] = Version.Name,
        ["time"] = Time,
        ["data"] = Data(),
    };

    private string FullType => $"Microsoft.KeyVault.{Type}";

    private string VaultName => Version.Vault.Split('.', ':')[0];

    private string Source => $"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/sandbox/providers/Microsoft.KeyVault/vaults/{VaultName}";

    private string Time => On.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    // Written out as it goes over the wire; a vault's names need no escapes.
    private JsonNode Data() => JsonNode.Parse(string.Create(CultureInfo.InvariantCulture, $$"""
        {
          "Id": "https://{{Version.Vault}}/secrets/{{Version.Name}}/{{Version.Id}}", "VaultName": "{{VaultName}}", "ObjectType": "Secret",
          "ObjectName": "{{Version.Name}}", "Version": "{{Version.Id}}", "NBF": {{Seconds(Version.NotBefore)}}, "EXP": {{Seconds(Version.Expires)}}
        }
        """))!;

    private static string Seconds(long? time) => time is { } known ? known.ToString(CultureInfo.InvariantCulture) : "null";
}
