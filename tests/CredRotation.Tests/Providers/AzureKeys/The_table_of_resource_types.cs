using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Providers.AzureKeys;

namespace CredRotation.Tests.Providers.AzureKeys;

public sealed class The_table_of_resource_types
{
    /// <summary>From the REST reference of each type: what lists, and what regenerates the key that consumers do not run.</summary>
    [Theory]
    [InlineData("storage", "listKeys?api-version=2025-08-01", "regenerateKey?api-version=2025-08-01")]
    [InlineData("cosmos-db", "listKeys?api-version=2025-10-15", "regenerateKey?api-version=2025-10-15")]
    [InlineData("cosmos-db-readonly", "listKeys?api-version=2025-10-15", "regenerateKey?api-version=2025-10-15")]
    [InlineData("service-bus", "listKeys?api-version=2024-01-01", "regenerateKeys?api-version=2024-01-01")]
    [InlineData("event-hubs", "listKeys?api-version=2024-01-01", "regenerateKeys?api-version=2024-01-01")]
    [InlineData("relay", "listKeys?api-version=2024-01-01", "regenerateKeys?api-version=2024-01-01")]
    [InlineData("notification-hubs", "listKeys?api-version=2023-09-01", "regenerateKeys?api-version=2023-09-01")]
    [InlineData("redis", "listKeys?api-version=2024-11-01", "regenerateKey?api-version=2024-11-01")]
    [InlineData("redis-enterprise", "listKeys?api-version=2025-07-01", "regenerateKey?api-version=2025-07-01")]
    [InlineData("ai-services", "listKeys?api-version=2025-12-01", "regenerateKey?api-version=2025-12-01")]
    [InlineData("search", "listAdminKeys?api-version=2025-05-01", "regenerateAdminKey/secondary?api-version=2025-05-01")]
    [InlineData("signalr", "listKeys?api-version=2024-03-01", "regenerateKey?api-version=2024-03-01")]
    [InlineData("web-pubsub", "listKeys?api-version=2024-03-01", "regenerateKey?api-version=2024-03-01")]
    [InlineData("maps", "listKeys?api-version=2023-06-01", "regenerateKey?api-version=2023-06-01")]
    [InlineData("batch", "listKeys?api-version=2025-06-01", "regenerateKeys?api-version=2025-06-01")]
    [InlineData("app-configuration", "listKeys?api-version=2024-06-01", "regenerateKey?api-version=2024-06-01")]
    [InlineData("app-configuration-readonly", "listKeys?api-version=2024-06-01", "regenerateKey?api-version=2024-06-01")]
    [InlineData("container-registry", "listCredentials?api-version=2025-11-01", "regenerateCredential?api-version=2025-11-01")]
    [InlineData("api-management", "listSecrets?api-version=2024-05-01", "regenerateSecondaryKey?api-version=2024-05-01")]
    [InlineData("communication", "listKeys?api-version=2025-09-01", "regenerateKey?api-version=2025-09-01")]
    [InlineData("event-grid", "listKeys?api-version=2025-02-15", "regenerateKey?api-version=2025-02-15")]
    [InlineData("machine-learning", "listKeys?api-version=2026-03-01", "regenerateKeys?api-version=2026-03-01")]
    [InlineData("data-factory-runtime", "listAuthKeys?api-version=2018-06-01", "regenerateAuthKey?api-version=2018-06-01")]
    [InlineData("synapse-runtime", "listAuthKeys?api-version=2021-06-01", "regenerateAuthKey?api-version=2021-06-01")]
    public async Task Calls_what_each_type_documents(string name, string list, string regenerate)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var bench = await AzureKeysBench.StartAsync(AzureKeysBench.All.First(what => what.Name == name), stop);
        var (running, idle) = (KeyedResources.All[name].Slots[0].Name, KeyedResources.All[name].Slots[1].Name);
        var before = bench.Resource.Slots.ToDictionary(slot => slot, bench.Resource.Key);

        Assert.IsType<TargetOutcome.Readable>(await bench.Provider.CheckTargetAsync(bench.Target, stop));
        await bench.Provider.IssueAsync(bench.Target, Ticket(running), stop);
        bench.DoErrands();
        // What ended meanwhile shows at the next look.
        Assert.True(bench.Accepts(bench.Current));

        Assert.Equal(new[] { $"POST {bench.Target.Target}/{list}", $"POST {bench.Target.Target}/{regenerate}" }.Order(StringComparer.Ordinal), bench.Server.Requests.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal([idle], bench.Resource.Slots.Where(slot => bench.Resource.Key(slot) != before[slot]));
    }

    [Fact]
    public void Names_two_keys_of_every_type_and_where_that_is_said()
        => Assert.All(KeyedResources.All.Values, row =>
        {
            Assert.Equal(2, row.Slots.Select(slot => slot.Name).Distinct().Count());
            Assert.NotEmpty(row.Types);
            Assert.True(row.Regenerate is not null || row.Slots.All(slot => slot.Regenerate is not null), row.Name);
            Assert.Contains(":", row.Source, StringComparison.Ordinal);
        });

    [Fact]
    public void Has_every_line_under_contract()
        => Assert.Equal(KeyedResources.All.Keys.Order(StringComparer.Ordinal), AzureKeysBench.All.Select(what => what.Name).Distinct().Order(StringComparer.Ordinal));

    internal static IssueTicket Ticket(string oldId)
        => new(RotationId.TryParse("contractcontractcont", out var id) ? id : throw new InvalidOperationException("No id."), 1, "token", "rot-kitkit-contractcontractcont-1", new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero)) { OldId = oldId };
}
