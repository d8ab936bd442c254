using System.Text.Json;
using CredRotation.Providers;
using CredRotation.Providers.Http.Document;

namespace CredRotation.Sandbox.Check;

/// <summary><c>check FILE</c>: checks a provider file as a start of the app does, and shows every call it would make, without sending one.</summary>
internal static class CheckCommand
{
    private const long BytesMax = 1024 * 1024;
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>0: usable. 1: not. 2: usage, or no file.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var paths = arguments.Where(argument => argument != "--json").ToList();
        if (paths is not [var path] || path.StartsWith('-')) return await UsageAsync("");
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return await UsageAsync($"There is no file {path}.");
            if (file.Length > BytesMax) return await UsageAsync($"The file is larger than {BytesMax / 1024} KB.");

            var verdict = ProviderFileCheck.Run(new ProviderFile(file.Name, await File.ReadAllTextAsync(path, cancellationToken)));
            await (arguments.Contains("--json") ? Console.Out.WriteLineAsync(JsonSerializer.Serialize(verdict, s_json)) : WriteAsync(verdict));
            return verdict.Kind is null ? 1 : 0;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return await UsageAsync(unreadable.Message);
        }
    }

    private static async Task WriteAsync(ProviderFileVerdict verdict)
    {
        foreach (var problem in verdict.Problems) await Console.Out.WriteLineAsync(problem);
        if (verdict.Kind is not { } kind)
        {
            await Console.Out.WriteLineAsync("The file cannot be used. Nothing was sent.");
            return;
        }

        await Console.Out.WriteLineAsync($"{kind}: the file can be used. Nothing was sent.");
        foreach (var parameter in verdict.Parameters) await Console.Out.WriteLineAsync($"  Parameters:{parameter}");
        foreach (var secret in verdict.SecretNames) await Console.Out.WriteLineAsync($"  Secrets:{secret}: a vault secret");
        foreach (var call in verdict.Calls)
        {
            await Console.Out.WriteLineAsync();
            await Console.Out.WriteLineAsync($"{call.Operation}: {call.Method} {call.Url}");
            await Console.Out.WriteLineAsync($"  asks as {call.Asks}");
            foreach (var header in call.Headers) await Console.Out.WriteLineAsync($"  {header}");
            if (call.Body.Length > 0) await Console.Out.WriteLineAsync($"  {call.Body}");
            await Console.Out.WriteLineAsync($"  good: {string.Join(", ", call.SuccessStatuses)}");
        }
    }

    private static async Task<int> UsageAsync(string problem)
    {
        if (problem.Length > 0) await Console.Error.WriteLineAsync(problem);
        await Console.Error.WriteLineAsync("usage: CredRotation.Sandbox check FILE [--json]");
        return 2;
    }
}
