using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using CredRotation.Adapters.Mail;
using CredRotation.Adapters.Storage;
using CredRotation.Adapters.Teams;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Health;
using CredRotation.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Hosts;

public sealed partial class The_settings_sample
{
    /// <summary>Settings that are read one by one, not into an options class.</summary>
    private static readonly string[] s_single =
    [
        "FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "SweepSchedule", "WakeSchedule", "RemindSchedule", "ManagedIdentityClientId", "Cloud", "EmbeddedHost:Port", "APPLICATIONINSIGHTS_CONNECTION_STRING", "OTEL_EXPORTER_OTLP_ENDPOINT",
        "Graph:BaseUrl", "EventGrid:TopicEndpoint", "Sandbox:Enabled", "Sandbox:TokenKey", "Sandbox:CertificateThumbprint", "Sandbox:Principal",
    ];

    private static readonly Dictionary<string, string> s_sample = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "local.settings.sample.json")))
        .RootElement.GetProperty("Values").EnumerateObject()
        .ToDictionary(value => value.Name.Replace("__", ":", StringComparison.Ordinal), value => value.Value.GetString()!);

    [Fact]
    public void Lists_every_option_and_nothing_else()
    {
        string[] patterns = [.. PathsOf(typeof(RotationOptions), RotationOptions.Section), .. PathsOf(typeof(HealthOptions), HealthOptions.Section), .. PathsOf(typeof(TeamsOptions), TeamsOptions.Section), .. PathsOf(typeof(MailOptions), MailOptions.Section), .. PathsOf(typeof(StorageOptions), StorageOptions.Section), .. s_single.Select(Regex.Escape)];

        Assert.DoesNotContain(patterns, pattern => !s_sample.Keys.Any(key => Regex.IsMatch(key, $"^{pattern}$")));
        Assert.DoesNotContain(s_sample.Keys, key => !patterns.Any(pattern => Regex.IsMatch(key, $"^{pattern}$")));
    }

    [Fact]
    public void Lists_every_setting_that_the_code_reads_by_name()
    {
        var read = Repository.Sources("src", "*.cs")
            .Where(file => !file.Contains("CredRotation.Sandbox", StringComparison.Ordinal))
            .SelectMany(file => ReadPattern().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));

        Assert.Empty(read.Except(s_sample.Keys));
    }

    [Fact]
    public void Starts_the_app()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(s_sample.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build();
        using var services = new ServiceCollection().AddLogging().AddRotationEngine(configuration).AddProviders().BuildServiceProvider();

        var options = services.GetRequiredService<IOptions<RotationOptions>>().Value;

        Assert.Equal(RotationMode.Observe, options.Mode);
        Assert.Equal(["adyen-merchant-api-key", "adyen-merchant-credential"], options.Accounts.Values.Select(account => account.Provider).Order());
    }

    private static IEnumerable<string> PathsOf(Type type, string path)
        => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).SelectMany(property => Leaves(property.PropertyType, $"{path}:{property.Name}"));

    private static IEnumerable<string> Leaves(Type type, string path)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)) return Leaves(type.GenericTypeArguments[1], $"{path}:[^:]+");
        if (type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type)) return Leaves(type.GenericTypeArguments[0], $"{path}:\\d+");

        return type.Namespace == typeof(RotationOptions).Namespace && type.IsClass ? PathsOf(type, path) : [path];
    }

    [GeneratedRegex("""[cC]onfiguration\["([^"]+)"\]""")]
    private static partial Regex ReadPattern();
}
