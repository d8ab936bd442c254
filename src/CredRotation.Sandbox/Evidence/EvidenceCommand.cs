using System.Globalization;
using System.Text.Json;

namespace CredRotation.Sandbox.Evidence;

/// <summary><c>evidence FILE</c>: checks a downloaded evidence file without any server.</summary>
internal static class EvidenceCommand
{
    private const long BytesMax = 64 * 1024 * 1024;
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>0: intact. 1: altered. 2: usage, or no evidence.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (!TryRead(arguments, out var path, out var head, out var isJson)) return await UsageAsync("");
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return await UsageAsync($"There is no file {path}.");
            if (file.Length > BytesMax) return await UsageAsync($"The file is larger than {BytesMax / 1024 / 1024} MB.");

            var verdict = EvidenceCheck.Run(await File.ReadAllBytesAsync(path, cancellationToken), head);
            await (isJson ? WriteJsonAsync(verdict) : WriteWordsAsync(verdict));
            return verdict.IsIntact ? 0 : 1;
        }
        catch (Exception unreadable) when (unreadable is EvidenceUnreadableException or IOException or UnauthorizedAccessException)
        {
            return await UsageAsync(unreadable.Message);
        }
    }

    private static bool TryRead(IReadOnlyList<string> arguments, out string path, out (long Sequence, string Hash)? head, out bool isJson)
    {
        (path, head, isJson) = ("", null, false);
        for (var index = 0; index < arguments.Count; index++)
        {
            if (arguments[index] == "--json") isJson = true;
            else if (arguments[index] == "--head" && index + 1 < arguments.Count && arguments[index + 1].Split(':') is [var sequence, { Length: 64 } hash]
                && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                head = (number, hash.ToLowerInvariant());
                index++;
            }
            else if (path.Length == 0 && !arguments[index].StartsWith('-')) path = arguments[index];
            else return false;
        }

        return path.Length > 0;
    }

    private static Task WriteJsonAsync(EvidenceVerdict verdict) => Console.Out.WriteLineAsync(JsonSerializer.Serialize(verdict, s_json));

    private static async Task WriteWordsAsync(EvidenceVerdict verdict)
    {
        await Console.Out.WriteLineAsync(verdict.IsIntact ? "Intact." : verdict.FirstAltered is { } altered ? string.Create(CultureInfo.InvariantCulture, $"Altered, first at entry {altered}.") : "Altered.");
        await Console.Out.WriteLineAsync(verdict.Says);
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Entries {verdict.FirstSequence} to {verdict.LastSequence}; head {verdict.LastSequence}:{verdict.Head}"));
        await Console.Out.WriteLineAsync("It does not prove:");
        foreach (var limit in verdict.DoesNotProve) await Console.Out.WriteLineAsync($"- {limit}");
    }

    private static async Task<int> UsageAsync(string problem)
    {
        if (problem.Length > 0) await Console.Error.WriteLineAsync(problem);
        await Console.Error.WriteLineAsync("usage: CredRotation.Sandbox evidence FILE [--head SEQUENCE:HASH] [--json]");
        return 2;
    }
}
