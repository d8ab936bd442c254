using System.Globalization;
using Azure.Core;
using Azure.Storage;
using Azure.Storage.Blobs;
using CredRotation.Adapters.Storage;
using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Providers.Http.Document;
using CredRotation.Tests.Servers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Adapters.Storage;

/// <summary>Provider files of one's own in a container of a real server, as the app reads them at its start.</summary>
public sealed class A_container_of_provider_files(AzuriteServer server) : IAsyncLifetime
{
    private static int s_containers;

    private BlobContainerClient _container = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Shipped => EmbeddedVendors.Read().Single(file => file.Name == "mollie-api-key.json").Text;

    public async ValueTask InitializeAsync()
    {
        var azurite = await server.RunAsync();
        var name = string.Create(CultureInfo.InvariantCulture, $"providers-{Interlocked.Increment(ref s_containers)}");
        _container = new BlobContainerClient(new Uri($"{azurite.Blobs.AbsoluteUri}/{name}"), new StorageSharedKeyCredential(StorageEmulator.Account, StorageEmulator.Key));
        await _container.CreateIfNotExistsAsync(cancellationToken: Cancel);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Adds_its_kinds_to_those_that_ship()
    {
        await PutAsync("ours.json", Shipped.Replace("mollie-api-key", "our-own-gateway", StringComparison.Ordinal));
        await PutAsync("notes.txt", "not a provider file");

        var catalog = Catalog();

        Assert.NotNull(catalog.Find("our-own-gateway"));
        Assert.NotNull(catalog.Find("mollie-api-key"));
    }

    [Fact]
    public void That_is_empty_adds_none() => Assert.NotEmpty(Catalog().Kinds);

    [Fact]
    public async Task With_a_file_at_fault_stops_the_start_and_names_file_place_and_remedy()
    {
        await PutAsync("ours.json", Shipped.Replace("mollie-api-key", "our-own-gateway", StringComparison.Ordinal).Replace("\"overlap\"", "\"ring\"", StringComparison.Ordinal));
        await PutAsync("taken.json", Shipped);

        var refused = Assert.Throws<ProviderFileException>(() => Catalog().Kinds);

        Assert.Contains(refused.Problems, problem => problem.File == "ours.json" && problem.Place == "/capabilities/topology");
        Assert.Contains(refused.Problems, problem => problem.File == "taken.json" && problem.What.Contains("already is", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_a_file_that_is_none_stops_the_start()
    {
        await PutAsync("huge.json", new string(' ', BlobProviderFiles.LengthMax + 1));

        Assert.Contains("huge.json, which is empty or larger", Assert.Throws<RemoteTroubleException>(() => Catalog().Kinds).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_is_gone_stops_the_start_and_says_what_to_do()
    {
        await _container.DeleteAsync(cancellationToken: Cancel);

        var refused = Assert.Throws<RemoteTroubleException>(() => Catalog().Kinds);

        Assert.Contains("404 ContainerNotFound", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Storage Blob Data Reader", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://strotation.blob.core.windows.net/providers")]
    [InlineData("https://strotation.blob.core.windows.net/")]
    [InlineData("https://strotation.blob.core.windows.net/providers?sv=1&sig=canary")]
    [InlineData("https://strotation.blob.core.windows.net/a/b")]
    [InlineData("providers")]
    public void Is_named_by_nothing_but_its_address(string address)
    {
        var fault = Assert.Single(StorageOptions.Of(Settings(address)).Faults());

        Assert.Contains("Storage:ProviderFiles must be the address of a blob container", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", fault, StringComparison.Ordinal);
    }

    private async Task PutAsync(string name, string text) => await _container.GetBlobClient(name).UploadAsync(BinaryData.FromString(text), overwrite: true, Cancel);

    private IProviderCatalog Catalog()
    {
        var services = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions()))
            .AddSingleton<TokenCredential>(new NamedCredential())
            .AddLogging()
            .AddProviders();
        services.AddStorage(Settings(_container.Uri.AbsoluteUri));
        return services.BuildServiceProvider().GetRequiredService<IProviderCatalog>();
    }

    private static IConfiguration Settings(string container) => new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Storage:ProviderFiles"] = container, ["Storage:AccountName"] = "strotation" }).Build();
}
