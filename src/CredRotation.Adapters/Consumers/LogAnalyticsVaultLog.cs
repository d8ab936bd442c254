using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Core;
using CredRotation.Engine;
using CredRotation.Engine.Retire;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.Consumers;

/// <summary>
/// Asks a Log Analytics workspace who read a secret, in both tables that a vault's diagnostic settings may fill. Needs Log Analytics Reader on the
/// workspace. An empty answer, a partial one, a refusal and a late one are told apart from a vault that nobody reads. Source: Microsoft Learn,
/// "Azure Monitor Log Analytics API", request format, response format and errors; "Azure Key Vault logging".
/// </summary>
internal sealed class LogAnalyticsVaultLog(IHttpClientFactory clients, TokenCredential credential, AzureCloud cloud, IOptions<RotationOptions> rotation) : IVaultLog
{
    public const string ClientName = "vault-log";

    private const int BodyMax = 8 * 1024 * 1024;
    private const int RowsMax = 5000;
    private const string Works = "The new credential is in use; only the old one's end waits.";

    public async Task<VaultLogAnswer> ReadersAsync(SecretName secret, DateTimeOffset since, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(secret);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(rotation.Value.EffectTimeout);
        try
        {
            return await AskAsync(secret, since, deadline.Token);
        }
        catch (Exception exception) when (!(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            return new VaultLogAnswer.Unavailable($"The log could not be asked ({(exception is OperationCanceledException ? "it did not answer in time" : exception.GetType().Name)}). {Works}");
        }
    }

    private async Task<VaultLogAnswer> AskAsync(SecretName secret, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var token = await credential.GetTokenAsync(new TokenRequestContext([cloud.LogsScope]), cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(cloud.Logs, $"/v1/workspaces/{Uri.EscapeDataString(rotation.Value.VaultLog!.Workspace)}/query"))
        {
            Content = JsonContent.Create(new { query = VaultLogQuery.Of(secret, since, RowsMax) }),
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token.Token) },
        };
        using var client = clients.CreateClient(ClientName);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        switch ((int)response.StatusCode)
        {
            case 200: break;
            case 204: return Nothing();
            case 401 or 403: return new VaultLogAnswer.NotAllowed($"The workspace does not let us ask. Give the app's identity the role Log Analytics Reader on it; that may take an hour to count. {Works}");
            case 404: return new VaultLogAnswer.NotAllowed($"There is no such workspace, or not for us. Correct Rotation:VaultLog:Workspace. {Works}");
            case var status: return new VaultLogAnswer.Unavailable(string.Create(CultureInfo.InvariantCulture, $"The log's service answered HTTP {status}; it is asked again. {Works}"));
        }

        var body = await ConsumerAnswers.ReadBoundedAsync(response, BodyMax, cancellationToken);
        if (body is null) return new VaultLogAnswer.Partial($"The log answered with more than {BodyMax / (1024 * 1024)} MB. {Works}");
        using var document = JsonDocument.Parse(body);
        // A part that failed is said beside the rest, with a 200.
        if (document.RootElement.TryGetProperty("error", out _)) return new VaultLogAnswer.Partial($"The log answered a part of the question only. {Works}");
        return Read(document.RootElement, OwnObjectId(token.Token));
    }

    private static VaultLogAnswer.NoEvidence Nothing() => new($"The workspace has no entry of this vault at all, so its log does not arrive there. Send the vault's category AuditEvent to it by a diagnostic setting. {Works}");

    private static VaultLogAnswer Read(JsonElement root, string? self)
    {
        var table = root.GetProperty("tables").EnumerateArray().First();
        var columns = table.GetProperty("columns").EnumerateArray().Select((column, index) => (Name: column.GetProperty("name").GetString()!, index)).ToDictionary(pair => pair.Name, pair => pair.index, StringComparer.Ordinal);
        DateTimeOffset? complete = null;
        var readers = new List<VaultReader>();
        var rows = table.GetProperty("rows");
        if (rows.GetArrayLength() > RowsMax) return new VaultLogAnswer.Partial($"More than {RowsMax} callers and versions were read. {Works}");
        foreach (var row in rows.EnumerateArray())
        {
            // Every entry shows that the log arrives, whoever's it is.
            var last = row[columns["Last"]].GetDateTimeOffset().ToUniversalTime();
            if (!(complete >= last)) complete = last;
            if (row[columns["Kind"]].GetString() != "reader") continue;

            var who = Id(row[columns["Oid"]].GetString());
            if (string.Equals(who, self, StringComparison.OrdinalIgnoreCase)) continue;
            readers.Add(new VaultReader(who, row[columns["App"]].GetString() is { Length: > 0 } app ? Id(app) : null, VersionOf(row[columns["Path"]].GetString()), row[columns["First"]].GetDateTimeOffset().ToUniversalTime(), last, row[columns["Times"]].GetInt64()));
        }

        return complete is { } until ? new VaultLogAnswer.Read(readers, until) : Nothing();
    }

    // /secrets/name or /secrets/name/version; anything stranger is kept as a version that is none of ours.
    private static string? VersionOf(string? path)
        => path?.Split('/', StringSplitOptions.RemoveEmptyEntries) is [_, _, var version, ..] ? version.Length <= 64 && version.All(char.IsAsciiLetterOrDigit) ? version : "unreadable" : null;

    // Callers' claims are what their tokens said: only what looks like an id is shown.
    private static string Id(string? text) => Guid.TryParse(text, out var id) ? id.ToString("D") : "without an object id";

    /// <summary>Whose token it is, by itself: our own reads are no news.</summary>
    private static string? OwnObjectId(string token)
    {
        try
        {
            var parts = token.Split('.');
            if (parts.Length != 3) return null;
            var payload = parts[1].Replace('-', '+').Replace('_', '/');
            using var claims = JsonDocument.Parse(Convert.FromBase64String(payload.PadRight(payload.Length + ((4 - (payload.Length % 4)) % 4), '=')));
            return ConsumerAnswers.Text(claims.RootElement, "oid");
        }
        catch (Exception unreadable) when (unreadable is FormatException or JsonException)
        {
            return null;
        }
    }
}
