using System.Text.Json;
using CredRotation.EmbeddedHost.Trust;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Console;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Gathers settings as the Functions host does: defaults, local.settings.json, then the environment; or, in process, only what is given.</summary>
internal static class HostSettings
{
    public const string PortSetting = "EmbeddedHost:Port";

    private const string SettingsFile = "local.settings.json";

    private static readonly Dictionary<string, string?> s_defaults = new()
    {
        ["SweepSchedule"] = "0 0 * * * *",
        ["WakeSchedule"] = "0 * * * * *",
        ["RemindSchedule"] = "0 30 * * * *",
        [PortSetting] = "0",
    };

    public static FunctionsApplicationBuilder ForProcess(string[] args)
    {
        var web = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        web.Configuration
            .AddInMemoryCollection(s_defaults)
            .AddInMemoryCollection([new(PortSetting, "7071")])
            .AddInMemoryCollection(FromFile(Path.Combine(AppContext.BaseDirectory, SettingsFile)))
            .AddInMemoryCollection(FromFile(Path.Combine(Directory.GetCurrentDirectory(), SettingsFile)))
            .AddEnvironmentVariables();

        // Stdout belongs to whoever asked for an answer in JSON.
        web.Logging.AddSimpleConsole(console => console.SingleLine = true);
        web.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        web.Logging.AddConfiguration(web.Configuration.GetSection("Logging")).AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        web.Services.AddHostedService<StartLine>();
        return Finish(web);
    }

    public static FunctionsApplicationBuilder InProcess(IReadOnlyDictionary<string, string> settings)
    {
        var web = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        web.Configuration.AddInMemoryCollection(s_defaults).AddInMemoryCollection(Flat(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))));
        return Finish(web);
    }

    private static FunctionsApplicationBuilder Finish(WebApplicationBuilder web)
    {
        // This host is never the platform: only the sandbox's own sign-in may stand for it, whatever the environment says.
        web.Configuration.AddInMemoryCollection([new(Functions.Access.CallerReader.AuthEnabledSetting, SandboxTrust.IsEnabled(web.Configuration) ? "true" : "false")]);
        web.WebHost.UseKestrelCore();
        return new FunctionsApplicationBuilder(web);
    }

    private static IEnumerable<KeyValuePair<string, string?>> FromFile(string path)
    {
        if (!File.Exists(path)) return [];

        try
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return file.RootElement.TryGetProperty("Values", out var values)
                ? [.. Flat(values.EnumerateObject().Select(value => KeyValuePair.Create(value.Name, (string?)value.Value.ToString())))]
                : [];
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            throw new InvalidOperationException($"{path} is no readable settings file. It is a JSON object with \"Values\", as in local.settings.sample.json. Nothing was started.", unreadable);
        }
    }

    /// <summary>Settings are written flat, with two underscores for a level.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> Flat(IEnumerable<KeyValuePair<string, string?>> settings)
        => settings.Select(setting => KeyValuePair.Create(setting.Key.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal), setting.Value));
}
