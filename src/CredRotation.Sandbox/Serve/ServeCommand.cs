using System.Globalization;
using System.Text.Json;
using CredRotation.Sandbox.World;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Serve;

/// <summary>
/// Starts only the simulated systems, on the real clock with short periods, and prints the settings with which the app runs against them as a
/// second process.
/// </summary>
public static class ServeCommand
{
    private static readonly string[] s_people = ["owner-1", "owner-2", "operator", "auditor"];

    private static readonly Dictionary<string, string> s_periods = new()
    {
        ["activationDelayMax"] = "00:00:02",
        ["retireDelayMax"] = "00:00:01",
        ["landingMax"] = "00:00:02",
    };

    /// <summary>Periods short enough to watch a whole rotation in about two minutes.</summary>
    public static SandboxOptions ShortPeriods(int seed, TimeSpan oldLife, string provider) => new()
    {
        Seed = seed,
        Provider = provider,
        Gateway = new GatewayOptions { OldLife = oldLife },
        Policy = new Dictionary<string, string>
        {
            ["ApprovalMax"] = "1.00:00:00",
            ["ReloadMax"] = "00:00:04",
            ["EscalationMax"] = "00:00:02",
            ["Reserve"] = "00:00:09",
        },
        AccountParameters = provider == SandboxNames.CredentialProvider ? new Dictionary<string, string>(s_periods) { ["listSettle"] = "00:00:01" } : s_periods,
        Settings = new Dictionary<string, string>
        {
            ["Rotation__ClaimTime"] = "00:00:12",
            ["Rotation__EffectTimeout"] = "00:00:03",
            ["Rotation__RetryDelay"] = "00:00:01",
            ["Rotation__Policies__standard__ReloadMax"] = "00:00:04",
            ["Rotation__Policies__standard__EscalationMax"] = "00:00:02",
            ["Rotation__Policies__standard__Reserve"] = "00:00:09",
            ["SweepSchedule"] = "*/5 * * * * *",
            ["WakeSchedule"] = "* * * * * *",
        },
    };

    /// <summary>Runs until cancelled. 2: usage.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var (seed, isJson, oldLife, provider) = (1, false, 60, SandboxNames.Provider);
        for (var index = 0; index < arguments.Count; index++)
        {
            if (arguments[index] == "--json") isJson = true;
            else if (arguments[index] == "--seed" && index + 1 < arguments.Count && int.TryParse(arguments[index + 1], NumberStyles.Integer, CultureInfo.InvariantCulture, out seed)) index++;
            else if (arguments[index] == "--old-life-seconds" && index + 1 < arguments.Count && int.TryParse(arguments[index + 1], NumberStyles.None, CultureInfo.InvariantCulture, out oldLife) && oldLife is >= 15 and <= 86_400) index++;
            else if (arguments[index] == "--provider" && index + 1 < arguments.Count && arguments[index + 1] is SandboxNames.Provider or SandboxNames.CredentialProvider) provider = arguments[++index];
            else return Usage();
        }

        await using var world = await SandboxWorld.StartAsync(ShortPeriods(seed, TimeSpan.FromSeconds(oldLife), provider), TimeProvider.System, cancellationToken);
        await world.Checkout.StartAsync(cancellationToken);
        var settings = world.HostSettings();
        var pages = s_people.ToDictionary(person => person, person => Page(world, person));
        if (isJson) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { settings, pages }, JsonSerializerOptions.Web));
        else await PrintAsync(settings, pages, world.InboxUri);

        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C.
        }

        return 0;
    }

    private static async Task PrintAsync(IReadOnlyDictionary<string, string> settings, IReadOnlyDictionary<string, string> pages, Uri inbox)
    {
        await Console.Out.WriteLineAsync("The simulated systems are up. In a second terminal, set these and start the app:\n");
        foreach (var (name, value) in settings) await Console.Out.WriteLineAsync($"export {name}='{value}'");
        await Console.Out.WriteLineAsync("dotnet run --project src/CredRotation.EmbeddedHost\n\nThen open, signed in as:");
        foreach (var (person, page) in pages) await Console.Out.WriteLineAsync($"  {person,-9} {page}");
        await Console.Out.WriteLineAsync($"\nWhat people are told in Teams and by mail: {inbox}");
        await Console.Out.WriteLineAsync("\nCtrl+C ends the simulated systems.");
    }

    private static string Page(SandboxWorld world, string person)
        => $"{world.Rotator}.auth/sandbox?token={Uri.EscapeDataString(world.TokenFor(person))}&to=/api/pages/overview";

    private static int Usage()
    {
        Console.Error.WriteLine($"usage: CredRotation.Sandbox serve [--provider {SandboxNames.Provider}|{SandboxNames.CredentialProvider}] [--seed N] [--old-life-seconds 15..86400] [--json]");
        return 2;
    }
}
