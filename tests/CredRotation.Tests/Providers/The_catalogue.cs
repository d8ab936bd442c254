using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Providers.Http.Document;
using CredRotation.Sandbox.Catalogue;
using CredRotation.Tests.Hosts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Providers;

/// <summary>What is written about the providers that ship.</summary>
public sealed class The_catalogue : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection()
        .AddSingleton(Options.Create(new RotationOptions()))
        .AddLogging()
        .AddProviders()
        .BuildServiceProvider();

    private IReadOnlyList<ICredentialProvider> Shipped
    {
        get
        {
            var catalog = _services.GetRequiredService<IProviderCatalog>();
            return [.. catalog.Kinds.Select(kind => catalog.Find(kind)!)];
        }
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Is_what_the_providers_say()
        => Assert.Equal(
            CatalogueText.Of(Shipped).ReplaceLineEndings("\n"),
            (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "src", "CredRotation.Providers", "CATALOGUE.md"), TestContext.Current.CancellationToken)).ReplaceLineEndings("\n").TrimEnd());

    [Fact]
    public void Knows_of_each_where_it_is_said_what_is_needed_and_how_well_it_is_known()
        => Assert.All(Shipped, provider =>
        {
            Assert.NotNull(provider.Facts);
            Assert.NotEmpty(provider.Facts.Permissions);
            Assert.True(provider.Facts.Source.Length > 10 && provider.Facts.ReadOn > new DateOnly(2026, 1, 1), provider.Kind);
        });

    [Fact]
    public void Calls_nothing_known_that_no_server_was_asked()
        => Assert.Equal(
            [.. ContractBenches.All.Select(bench => bench.Kind).Distinct().Order(StringComparer.Ordinal)],
            Shipped.Where(provider => provider.Facts!.Status is not ProviderStatus.Documented).Select(provider => provider.Kind));

    [Theory]
    [InlineData("\"facts\": { \"group\": \"payments\", \"status\": \"documented\", \"permissions\": [], \"source\": \"a page\", \"readOn\": \"2026-05-01\" },", true)]
    [InlineData("", true)]
    [InlineData("\"facts\": { \"group\": \"payments\", \"status\": \"contract\", \"permissions\": [], \"source\": \"a page\", \"readOn\": \"2026-05-01\" },", false)]
    public void Keeps_what_was_only_read_about_from_being_used_unasked(string facts, bool isRefused)
    {
        Assert.Equal(isRefused, Faults(facts, isAllowed: false).Any(fault => fault.Contains("AllowUnverified", StringComparison.Ordinal)));
        Assert.DoesNotContain(Faults(facts, isAllowed: true), fault => fault.Contains("AllowUnverified", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Faults(string facts, bool isAllowed)
    {
        var file = $$$"""
            {
              "schemaVersion": 1, "provider": "sample-portal", {{{facts}}}
              "allowedHosts": [ "api.sample.example" ],
              "capabilities": { "topology": "overlap", "oldValidity": { "mode": "until-retired" }, "retireBy": "person", "issueReplay": "handed-in", "list": "none" },
              "auth": { "candidate": { "kind": "bearer", "token": "{{new.secret}}" } },
              "operations": {
                "issue": { "byPerson": [ "Make one." ] },
                "verify": { "request": { "method": "GET", "url": "https://api.sample.example/me" }, "success": { "status": [ 200 ] } },
                "retire": { "byPerson": [ "End the other." ] }
              }
            }
            """;
        using var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(new ProviderFile("sample.json", file))
            .AddRotationEngine(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Rotation:Accounts:sample:Provider"] = "sample-portal",
                ["Rotation:Accounts:sample:AllowUnverified"] = isAllowed ? "true" : "false",
            }).Build())
            .AddProviders()
            .BuildServiceProvider();
        return Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<RotationOptions>>().Value).Failures;
    }
}
