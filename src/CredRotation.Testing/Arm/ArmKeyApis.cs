using System.Text.Json.Nodes;

namespace CredRotation.Testing;

/// <summary>The resource types that the model speaks. Source: each type's page in the Azure REST API reference, "List Keys" and "Regenerate Key".</summary>
public static class ArmKeyApis
{
    public static IReadOnlyList<ArmKeyApi> All { get; } =
    [
        new("Microsoft.Storage/storageAccounts", ["2025-08-01"], "listKeys", ["key1", "key2", "kerb1", "kerb2"],
            Member("regenerateKey", "keyName", slot => slot), Storage, (resource, _) => Storage(resource)),
        new("Microsoft.DocumentDB/databaseAccounts", ["2025-10-15"], "listKeys", ["primary", "secondary", "primaryReadonly", "secondaryReadonly"],
            Member("regenerateKey", "keyKind", slot => slot),
            resource => Flat(resource, slot => $"{slot}MasterKey"), (_, _) => null) { Style = ArmOperationStyle.Status },
        new("Microsoft.ServiceBus/namespaces/authorizationRules", ["2024-01-01"], "listKeys", ["PrimaryKey", "SecondaryKey"],
            Member("regenerateKeys", "keyType", slot => slot), SharedAccess, (resource, _) => SharedAccess(resource)),
        new("Microsoft.Cache/redis", ["2024-11-01"], "listKeys", ["Primary", "Secondary"],
            Member("regenerateKey", "keyType", slot => slot),
            resource => Flat(resource, slot => $"{Lower(slot)}Key"), (resource, _) => Flat(resource, slot => $"{Lower(slot)}Key")),
        new("Microsoft.CognitiveServices/accounts", ["2025-12-01"], "listKeys", ["Key1", "Key2"],
            Member("regenerateKey", "keyName", slot => slot),
            resource => Flat(resource, Lower), (resource, _) => Flat(resource, Lower)),
        new("Microsoft.Search/searchServices", ["2025-05-01"], "listAdminKeys", ["primary", "secondary"],
            (resource, action, body) => body is null && action.StartsWith("regenerateAdminKey/", StringComparison.Ordinal) ? resource.Find(action["regenerateAdminKey/".Length..]) : null,
            resource => Flat(resource, slot => $"{slot}Key"), (resource, _) => Flat(resource, slot => $"{slot}Key")),
        new("Microsoft.SignalRService/signalR", ["2024-03-01"], "listKeys", ["Primary", "Secondary"],
            Member("regenerateKey", "keyType", slot => slot),
            Connected, (_, _) => null) { Style = ArmOperationStyle.Location },
        new("Microsoft.AppConfiguration/configurationStores", ["2024-06-01"], "listKeys", ["Primary", "Secondary", "Primary Read Only", "Secondary Read Only"],
            (resource, action, body) => action is "regenerateKey" ? resource.FindById(Text(body, "id")) : null,
            resource => new JsonObject { ["value"] = new JsonArray([.. resource.Slots.Select(slot => (JsonNode)Store(resource, slot))]), ["nextLink"] = null },
            Store),
        new("Microsoft.ApiManagement/service/subscriptions", ["2024-05-01"], "listSecrets", ["primary", "secondary"],
            (_, action, body) => body is not null ? null : action switch { "regeneratePrimaryKey" => "primary", "regenerateSecondaryKey" => "secondary", _ => null },
            resource => Flat(resource, slot => $"{slot}Key"), (_, _) => null),
        new("Microsoft.Communication/communicationServices", ["2025-09-01"], "listKeys", ["Primary", "Secondary"],
            Member("regenerateKey", "keyType", slot => slot),
            Connected, (resource, slot) => new JsonObject { [$"{Lower(slot)}Key"] = resource.Key(slot), [$"{Lower(slot)}ConnectionString"] = resource.ConnectionString(slot) }),
        new("Microsoft.ServiceBus/namespaces/queues/authorizationRules", ["2024-01-01"], "listKeys", ["PrimaryKey", "SecondaryKey"],
            Member("regenerateKeys", "keyType", slot => slot), SharedAccess, (resource, _) => SharedAccess(resource)),
        new("Microsoft.EventHub/namespaces/authorizationRules", ["2024-01-01"], "listKeys", ["PrimaryKey", "SecondaryKey"],
            Member("regenerateKeys", "keyType", slot => slot), SharedAccess, (resource, _) => SharedAccess(resource)),
        new("Microsoft.Relay/namespaces/hybridConnections/authorizationRules", ["2024-01-01"], "listKeys", ["PrimaryKey", "SecondaryKey"],
            Member("regenerateKeys", "keyType", slot => slot), SharedAccess, (resource, _) => SharedAccess(resource)),
        new("Microsoft.NotificationHubs/namespaces/notificationHubs/authorizationRules", ["2023-09-01"], "listKeys", ["PrimaryKey", "SecondaryKey"],
            Member("regenerateKeys", "policyKey", slot => slot), SharedAccess, (resource, _) => SharedAccess(resource)),
        new("Microsoft.Cache/redisEnterprise/databases", ["2025-07-01"], "listKeys", ["Primary", "Secondary"],
            Member("regenerateKey", "keyType", slot => slot),
            resource => Flat(resource, slot => $"{Lower(slot)}Key"), (_, _) => null) { Style = ArmOperationStyle.Status },
        new("Microsoft.SignalRService/webPubSub", ["2024-03-01"], "listKeys", ["Primary", "Secondary"],
            Member("regenerateKey", "keyType", slot => slot),
            Connected, (_, _) => null) { Style = ArmOperationStyle.Location },
        new("Microsoft.Maps/accounts", ["2023-06-01"], "listKeys", ["primary", "secondary"],
            Member("regenerateKey", "keyType", slot => slot),
            resource => Flat(resource, slot => $"{slot}Key"), (resource, _) => Flat(resource, slot => $"{slot}Key")),
        new("Microsoft.Batch/batchAccounts", ["2025-06-01"], "listKeys", ["Primary", "Secondary"],
            Member("regenerateKeys", "keyName", slot => slot),
            resource => Flat(resource, Lower), (resource, _) => Flat(resource, Lower)),
        new("Microsoft.ContainerRegistry/registries", ["2025-11-01"], "listCredentials", ["password", "password2"],
            Member("regenerateCredential", "name", slot => slot), Registry, (resource, _) => Registry(resource)),
        new("Microsoft.EventGrid/topics", ["2025-02-15"], "listKeys", ["key1", "key2"],
            Member("regenerateKey", "keyName", slot => slot),
            resource => Flat(resource, slot => slot), (resource, _) => Flat(resource, slot => slot)),
        new("Microsoft.MachineLearningServices/workspaces/onlineEndpoints", ["2026-03-01"], "listKeys", ["Primary", "Secondary"],
            Member("regenerateKeys", "keyType", slot => slot),
            resource => Flat(resource, slot => $"{Lower(slot)}Key"), (_, _) => null) { Style = ArmOperationStyle.Location },
        new("Microsoft.DataFactory/factories/integrationRuntimes", ["2018-06-01"], "listAuthKeys", ["authKey1", "authKey2"],
            Member("regenerateAuthKey", "keyName", slot => slot),
            resource => Flat(resource, slot => slot), (resource, _) => Flat(resource, slot => slot)),
        new("Microsoft.Synapse/workspaces/integrationRuntimes", ["2021-06-01"], "listAuthKeys", ["authKey1", "authKey2"],
            Member("regenerateAuthKey", "keyName", slot => slot),
            resource => Flat(resource, slot => slot), (resource, _) => Flat(resource, slot => slot)),
    ];

    private static Func<ArmResource, string, JsonObject?, string?> Member(string action, string member, Func<string, string> slot)
        => (resource, asked, body) => asked == action && Text(body, member) is { } name ? resource.Find(slot(name)) : null;

    private static JsonObject Flat(ArmResource resource, Func<string, string> name)
    {
        var body = new JsonObject();
        foreach (var slot in resource.Slots) body[name(slot)] = resource.Key(slot);
        return body;
    }

    private static JsonObject Connected(ArmResource resource)
    {
        var body = Flat(resource, slot => $"{Lower(slot)}Key");
        foreach (var slot in resource.Slots) body[$"{Lower(slot)}ConnectionString"] = resource.ConnectionString(slot);
        return body;
    }

    private static JsonObject SharedAccess(ArmResource resource)
    {
        var body = new JsonObject { ["keyName"] = resource.Name };
        foreach (var slot in resource.Slots)
        {
            body[Lower(slot)] = resource.Key(slot);
            body[Lower(slot).Replace("Key", "ConnectionString", StringComparison.Ordinal)] = resource.ConnectionString(slot);
        }

        return body;
    }

    // Kerberos keys are listed only on request.
    private static JsonObject Storage(ArmResource resource) => new()
    {
        ["keys"] = new JsonArray([.. resource.Slots.Where(slot => slot.StartsWith("key", StringComparison.Ordinal)).Select(slot => (JsonNode)new JsonObject { ["keyName"] = slot, ["value"] = resource.Key(slot), ["permissions"] = "FULL" })]),
    };

    private static JsonObject Registry(ArmResource resource) => new()
    {
        ["username"] = resource.Name,
        ["passwords"] = new JsonArray([.. resource.Slots.Select(slot => (JsonNode)new JsonObject { ["name"] = slot, ["value"] = resource.Key(slot) })]),
    };

    private static JsonObject Store(ArmResource resource, string slot) => new()
    {
        ["id"] = resource.Id(slot),
        ["name"] = slot,
        ["value"] = resource.Key(slot),
        ["connectionString"] = resource.ConnectionString(slot),
        ["readOnly"] = slot.EndsWith("Read Only", StringComparison.Ordinal),
    };

    private static string Lower(string slot) => $"{char.ToLowerInvariant(slot[0])}{slot[1..]}";

    private static string? Text(JsonObject? body, string member) => body?[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
