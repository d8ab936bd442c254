using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CredRotation.Tests.Adapters.Consumers;

/// <summary>One call as a vault logs it.</summary>
internal sealed record LoggedCall(DateTimeOffset On, string Address, string Operation = "SecretGet", int? Status = 200, string Caller = "00000000-0000-0000-0000-0000000000bb")
{
    /// <summary>Written to AzureDiagnostics instead of the vault's own table.</summary>
    public bool IsDiagnostics { get; init; }
}

/// <summary>A workspace: takes the literals and the tables out of the question that it is asked, and answers from its own rows as the query says.</summary>
internal sealed partial class LogModel
{
    private static readonly string[] s_columns = ["Last", "First", "Times", "Kind", "Oid", "App", "Path"];

    public LogModel(params LoggedCall[] calls) => Wire = new Wire(sent => Adapters.Wire.Json(200, Answer(sent.Body, calls)));

    public Wire Wire { get; }

    private static string Answer(string body, IReadOnlyList<LoggedCall> calls)
    {
        var query = JsonDocument.Parse(body).RootElement.GetProperty("query").GetString()!;
        var (vault, secret) = (LiteralOf(query, "Vault"), LiteralOf(query, "Secret"));
        var since = DateTimeOffset.Parse(SincePattern().Match(query).Groups[1].Value, CultureInfo.InvariantCulture);
        var rows = calls
            .Where(call => call.On > since && query.Contains(call.IsDiagnostics ? "(AzureDiagnostics" : "(AZKVAuditLogs", StringComparison.Ordinal))
            .Select(call => (Call: call, Address: Uri.UnescapeDataString(call.Address).ToLowerInvariant()))
            .Where(row => VaultPattern().Match(row.Address).Groups[1].Value == vault)
            .GroupBy(row => row.Call.Operation == "SecretGet" && row.Call.Status is null or < 300 && SecretPattern().Match(row.Address).Groups[1].Value == secret
                ? ("reader", row.Call.Caller, PathPattern().Match(row.Address).Groups[1].Value)
                : ("vault", "", ""))
            .Select(group => (JsonNode)new JsonArray(Text(group.Max(row => row.Call.On)), Text(group.Min(row => row.Call.On)), group.LongCount(), group.Key.Item1, group.Key.Item2, "", group.Key.Item3))
            .Take(int.Parse(MostPattern().Match(query).Groups[1].Value, CultureInfo.InvariantCulture));
        return new JsonObject
        {
            ["tables"] = new JsonArray(new JsonObject { ["name"] = "PrimaryResult", ["columns"] = new JsonArray([.. s_columns.Select(name => new JsonObject { ["name"] = name })]), ["rows"] = new JsonArray([.. rows]) }),
        }.ToJsonString();
    }

    private static string Text(DateTimeOffset on) => on.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    private static string LiteralOf(string query, string name) => JsonSerializer.Deserialize<string>(Regex.Match(query, $"^let {name} = (\".*\");$", RegexOptions.Multiline).Groups[1].Value)!;

    [GeneratedRegex(@"^let Since = datetime\((.*)\);$", RegexOptions.Multiline)]
    private static partial Regex SincePattern();

    [GeneratedRegex("^let Most = ([0-9]+);$", RegexOptions.Multiline)]
    private static partial Regex MostPattern();

    [GeneratedRegex("^https://([^/:?]+)")]
    private static partial Regex VaultPattern();

    [GeneratedRegex("^https://[^/]+/+secrets/+([^/?]+)")]
    private static partial Regex SecretPattern();

    [GeneratedRegex("^https://[^/]+(/[^?]*)")]
    private static partial Regex PathPattern();
}
