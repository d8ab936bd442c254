using System.Reflection;
using System.Text.Json;
using CredRotation.EmbeddedHost;
using CredRotation.Functions;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Tests.Infra;

[Collection(CompiledInfra.Collection)]
public sealed class The_event_subscriptions(CompiledInfra infra)
{
    private const string Type = "Microsoft.EventGrid/systemTopics/eventSubscriptions";

    private IEnumerable<JsonElement> All => infra.Least.OfType(Type).Concat(infra.Most.OfType(Type)).Select(PlannedDeployment.Properties);

    [Fact]
    public void Stand_on_one_topic_for_each_vault_and_on_its_own_where_it_has_one()
    {
        var topics = infra.Most.OfType(Type).Select(subscription => PlannedDeployment.NameOf(subscription, "id").Split("/eventSubscriptions/")[0]);

        Assert.Equal([$"{CompiledInfra.WatchedVault.Split("/Microsoft.KeyVault")[0]}/Microsoft.EventGrid/systemTopics/payments-credrotation", CompiledInfra.OwnTopic], topics.Order());
        var made = infra.Most.Only("Microsoft.EventGrid/systemTopics");
        Assert.Equal(CompiledInfra.WatchedVault, PlannedDeployment.Properties(made).GetProperty("source").GetString());
        Assert.Equal("SystemAssigned", made.GetProperty("identity").GetProperty("type").GetString());
    }

    [Fact]
    public void Keep_what_cannot_be_delivered_and_try_for_a_day()
        => Assert.All(All, subscription =>
        {
            var kept = subscription.GetProperty("deadLetterWithResourceIdentity");
            Assert.Equal("SystemAssigned", kept.GetProperty("identity").GetProperty("type").GetString());
            Assert.Equal("deadletter", kept.GetProperty("deadLetterDestination").GetProperty("properties").GetProperty("blobContainerName").GetString());
            Assert.Equal(30, subscription.GetProperty("retryPolicy").GetProperty("maxDeliveryAttempts").GetInt32());
            Assert.Equal(1440, subscription.GetProperty("retryPolicy").GetProperty("eventTimeToLiveInMinutes").GetInt32());
        });

    [Fact]
    public void Hear_of_expiry_and_of_new_versions_as_cloud_events()
        => Assert.All(All, subscription =>
        {
            Assert.Equal("CloudEventSchemaV1_0", subscription.GetProperty("eventDeliverySchema").GetString());
            Assert.Equal(
                ["Microsoft.KeyVault.SecretExpired", "Microsoft.KeyVault.SecretNearExpiry", "Microsoft.KeyVault.SecretNewVersionCreated"],
                subscription.GetProperty("filter").GetProperty("includedEventTypes").EnumerateArray().Select(type => type.GetString()).Order());
        });

    [Fact]
    public void Deliver_to_the_queue_that_the_code_empties()
        => Assert.All(infra.Most.OfType(Type).Select(PlannedDeployment.Properties), subscription =>
        {
            var destination = subscription.GetProperty("deliveryWithResourceIdentity").GetProperty("destination");
            Assert.Equal("StorageQueue", destination.GetProperty("endpointType").GetString());
            Assert.Equal(HearEvent.Queue, destination.GetProperty("properties").GetProperty("queueName").GetString());
            Assert.Equal(JsonValueKind.Null, subscription.GetProperty("destination").ValueKind);
        });

    [Fact]
    public void Deliver_to_a_function_that_exists_when_asked_to()
    {
        var destination = PlannedDeployment.Properties(infra.Least.Only(Type)).GetProperty("destination");
        var function = destination.GetProperty("properties").GetProperty("resourceId").GetString()!.Split("/functions/")[1];

        Assert.Equal("AzureFunction", destination.GetProperty("endpointType").GetString());
        Assert.Contains(function, from type in typeof(EmbeddedApp).Assembly.GetExportedTypes()
                                  from method in type.GetMethods()
                                  where method.GetParameters() is [var first, ..] && first.GetCustomAttribute<EventGridTriggerAttribute>() is not null
                                  select method.GetCustomAttribute<FunctionAttribute>()!.Name);
    }

    [Fact]
    public void Are_made_after_the_rights_of_their_topic()
        => Assert.Contains(
            "[format('topicAccess[{0}]', copyIndex())]",
            infra.Template.GetProperty("resources").GetProperty("vaultSubscription").GetProperty("dependsOn").EnumerateArray().Select(name => name.GetString()));
}
