using Azure.Core;
using CredRotation.Adapters;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using CredRotation.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Graph;
using Microsoft.Kiota.Http.HttpClientLibrary.Middleware;
using Moq;

namespace CredRotation.Tests.Adapters;

public sealed class The_registration
{
    [Fact]
    public void Gives_every_port_its_adapter()
    {
        using var services = Build(_ => { });

        Assert.All(
            new[] { typeof(IRowStore), typeof(IWorkQueue), typeof(ICredentialVault), typeof(IOwnerDirectory), typeof(IConsumerSignal), typeof(INotifier), typeof(TokenCredential) },
            port => Assert.NotNull(services.GetService(port)));
    }

    [Fact]
    public void Leaves_what_the_head_brought()
    {
        var mine = new InMemoryRowStore();

        using var services = Build(collection => collection.AddSingleton<IRowStore>(mine));

        Assert.Same(mine, services.GetRequiredService<IRowStore>());
    }

    [Fact]
    public void Still_finds_the_library_s_handlers_that_it_leaves_out()
        => Assert.Equal(2, GraphClientFactory.CreateDefaultHandlers().Count(handler => handler is RetryHandler or RedirectHandler));

    private static ServiceProvider Build(Action<IServiceCollection> head)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(Mock.Of<INoticeRenderer>());
        services.AddSingleton(Mock.Of<IMailRenderer>());
        services.AddOptions<RotationOptions>();
        head(services);
        services.AddAdapters(new ConfigurationBuilder().AddInMemoryCollection([new("Storage:AccountName", "strotation")]).Build());
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }
}
