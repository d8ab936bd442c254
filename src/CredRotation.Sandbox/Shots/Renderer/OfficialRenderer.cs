using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CredRotation.Sandbox.Shots.Renderer;

/// <summary>
/// Makes a page that draws messages with the official renderer of adaptive cards, under a host config like Teams'. It is not Teams' own
/// client: that cannot be had. Installed on first use by npm from the lock file beside this class, into the user's cache.
/// </summary>
internal static class OfficialRenderer
{
    private static readonly TimeSpan s_installMax = TimeSpan.FromMinutes(5);
    private static readonly string[] s_scripts = ["adaptivecards/dist/adaptivecards.min.js", "markdown-it/dist/markdown-it.min.js"];

    /// <summary>The scripts, or in words why they are not here.</summary>
    public static async Task<(string? Scripts, string Why)> LoadAsync(CancellationToken cancellationToken)
    {
        var wanted = await ReadAsync("package-lock.json", cancellationToken);
        var name = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(wanted)))[..16];
        var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "credrotation", "card-renderer");
        var folder = Path.Combine(cache, name);
        if (!Directory.Exists(folder))
        {
            if (await InstallAsync(cache, folder, cancellationToken) is { } why) return (null, why);
        }

        var scripts = new StringBuilder();
        foreach (var script in s_scripts) scripts.AppendLine(await File.ReadAllTextAsync(Path.Combine(folder, "node_modules", script), cancellationToken));
        return (scripts.ToString(), "");
    }

    /// <summary>A page that needs nothing from elsewhere; the messages are data in it, never markup.</summary>
    public static async Task<string> PageAsync(string scripts, IEnumerable<string> messages, CancellationToken cancellationToken)
    {
        // The serializer escapes what could end a script.
        var data = JsonSerializer.Serialize(new JsonArray([.. messages.Select(message => JsonNode.Parse(message))]));
        return $$$"""
            <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Cards</title>
            <style>body{margin:0;font:14px "Segoe UI",system-ui,"Liberation Sans",sans-serif}#cards *{overflow-wrap:anywhere!important}main{max-width:42rem;margin:0 auto;padding:1rem;display:grid;gap:1rem}article{border:1px solid #8888;border-radius:4px;overflow:hidden;overflow-wrap:anywhere;min-width:0}p{margin:0}.ac-pushButton{font:inherit;font-weight:600;padding:6px 14px;border:1px solid #888;border-radius:4px;background:none;color:inherit}.ac-horizontal-separator{height:0}@media (prefers-color-scheme:dark){body{color:#fff}}</style>
            <script>{{{scripts}}}</script><script>window.messages = {{{data}}};</script></head>
            <body><main><h1 style="position:absolute;left:-99rem">Cards</h1><div id="cards" style="display:grid;gap:1rem;min-width:0"></div></main><script>{{{await ReadAsync("draw.js", cancellationToken)}}}</script></body></html>
            """;
    }

    /// <summary>Into a folder of its own, which then takes its name: whoever is second finds it there.</summary>
    private static async Task<string?> InstallAsync(string cache, string folder, CancellationToken cancellationToken)
    {
        var own = Path.Combine(cache, Path.GetRandomFileName());
        Directory.CreateDirectory(own);
        foreach (var file in new[] { "package.json", "package-lock.json" }) await File.WriteAllTextAsync(Path.Combine(own, file), await ReadAsync(file, cancellationToken), cancellationToken);
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]) { WorkingDirectory = own, RedirectStandardOutput = true, RedirectStandardError = true })!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(s_installMax);
            var (output, errors) = (npm.StandardOutput.ReadToEndAsync(limit.Token), npm.StandardError.ReadToEndAsync(limit.Token));
            await npm.WaitForExitAsync(limit.Token);
            _ = await output;
            if (npm.ExitCode != 0) return $"npm ci of the official card renderer ended with {npm.ExitCode}: {(await errors).Trim().Split('\n')[^1]}";

            if (!Directory.Exists(folder)) Directory.Move(own, folder);
            return null;
        }
        catch (Win32Exception)
        {
            return "The official card renderer needs npm, which is not on this machine.";
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            return null;
        }
        finally
        {
            if (Directory.Exists(own)) Directory.Delete(own, recursive: true);
        }
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = typeof(OfficialRenderer).Assembly.GetManifestResourceStream($"card-renderer/{file}") ?? throw new InvalidOperationException($"{file} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
