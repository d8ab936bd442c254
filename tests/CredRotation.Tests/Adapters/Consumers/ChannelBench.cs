using Azure.Core.Pipeline;
using Azure.Messaging.EventGrid;
using CredRotation.Adapters;
using CredRotation.Adapters.Consumers;
using CredRotation.Engine;
using CredRotation.Engine.Reload;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Adapters.Consumers;

/// <summary>The registered way to every kind of consumer, with a wire in place of the network.</summary>
internal static class ChannelBench
{
    public const string Site = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/payments/providers/Microsoft.Web/sites/checkout";
    public const string App = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/payments/providers/Microsoft.App/containerApps/checkout";

    public static SecretName Secret { get; } = SecretName.Of(new Uri("https://payments.vault.azure.net/"), "gateway-key");

    public static DateTimeOffset Now { get; } = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    public static FakeTimeProvider Clock() => new(Now);

    public static ReloadSignal Signal(string version, bool rehearsal = false, DateTimeOffset? writtenOn = null) => new(RotationId.Of(CredentialId.Of(Secret), 1), Secret, version, rehearsal, writtenOn);

    public static async Task<SignalAnswer> SignalAsync(ConsumerOptions consumer, ReloadSignal signal, Wire? wire, TimeProvider? clock = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        if (clock is not null) services.AddSingleton(clock);
        services.AddSingleton<Azure.Core.TokenCredential, NamedCredential>();
        services.AddSingleton(Options.Create(new RotationOptions { EffectTimeout = wire == Wire.Silent ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromSeconds(30) }));
        using var http = wire is null ? null : new HttpClient(wire, disposeHandler: false);
        if (http is not null) services.AddSingleton<Action<EventGridPublisherClientOptions>>(options => options.Transport = new HttpClientTransport(http));
        services.AddAdapters(new ConfigurationBuilder().Build());
        foreach (var name in new[] { HttpConsumerSignal.ClientName, ManagementClient.ClientName })
            if (wire is not null) services.AddHttpClient(name).ConfigurePrimaryHttpMessageHandler(() => wire);
        await using var provider = services.BuildServiceProvider();
        return await provider.GetRequiredService<IConsumerSignal>().SignalAsync("checkout", consumer, signal, TestContext.Current.CancellationToken);
    }

    /// <summary>Nothing hostile is in it, and it says something.</summary>
    public static string SilenceOf(SignalAnswer answer)
    {
        var detail = Assert.IsType<SignalAnswer.Silent>(answer).Detail;
        Assert.DoesNotContain("hostile", detail, StringComparison.OrdinalIgnoreCase);
        Assert.InRange(detail.Length, 1, 250);
        return detail;
    }
}
