using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.Events;

/// <summary>Says the same event in every way that was seen: either schema, alone or in an array, odd member names, numbers as text, base64.</summary>
internal static class EventWords
{
    public static string Say(VaultEvent said, Random dice)
    {
        var item = dice.Next(2) == 0 ? said.ToEventGrid() : said.ToCloudEvent();
        var data = item["data"]!.AsObject();
        if (dice.Next(4) == 0) Rename(data, "Version", " Version");
        if (dice.Next(4) == 0) Rename(data, "ObjectName", "objectName ");
        if (data["EXP"] is { } end && dice.Next(3) is > 0 and var form) data["EXP"] = form == 1 ? end.ToString() : (double)(long)end + 0.5;
        return dice.Next(2) == 0 ? item.ToJsonString() : new JsonArray(item).ToJsonString();
    }

    /// <summary>As a storage queue may hold it.</summary>
    public static string InQueue(string text, Random dice)
        => dice.Next(2) == 0 ? text : Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>What nobody can use.</summary>
    public static string Garbage(Random dice) => dice.Next(4) switch
    {
        0 => "not an event",
        1 => """[{"eventType":"Microsoft.KeyVault.SecretNearExpiry","data":null}]""",
        2 => """{"specversion":"1.0","type":"Microsoft.KeyVault.SecretNearExpiry","data":{"Id":"https://elsewhere.vault.azure.net/secrets/payment-gateway-api-key/0"}}""",
        _ => """{"specversion":"1.0","type":"Microsoft.KeyVault.SecretExpired","data":{"Id":"https://payments.vault.azure.net/secrets/nobody-knows-it/0"}}""",
    };

    private static void Rename(JsonObject data, string from, string to)
    {
        var value = data[from]?.DeepClone();
        data.Remove(from);
        data[to] = value;
    }
}
