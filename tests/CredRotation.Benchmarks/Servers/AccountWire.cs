using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage;
using Azure.Storage.Queues;
using CredRotation.Adapters.Storage;

namespace CredRotation.Benchmarks.Servers;

/// <summary>The way to the account: lets its answers tell ages by the test's clock, loses answers of writes, and keeps what was written.</summary>
internal sealed partial class AccountWire() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
{
    /// <summary>The test's time at which each tag was given: the server's own timestamps know only the real one.</summary>
    private readonly ConcurrentDictionary<string, DateTimeOffset> _given = new();
    private int _writes;

    public TimeProvider? Clock { get; set; }

    public int LoseNext { get; set; }

    /// <summary>Of every so many writes one loses its answer; zero: none.</summary>
    public int LosesEvery { get; init; }

    public int Lost { get; private set; }

    public int Refuse { get; set; }

    public ConcurrentQueue<(string Method, string? IfMatch)> Writes { get; } = new();

    /// <summary>The queues of the account, as the app makes their client; their clock is the server's own.</summary>
    public static QueueServiceClient Queues(Uri endpoint, QueueMessageEncoding encoding = QueueMessageEncoding.Base64)
        => new(endpoint, new StorageSharedKeyCredential(StorageEmulator.Account, StorageEmulator.Key), new QueueClientOptions { MessageEncoding = encoding });

    public TableServiceClient Tables(Uri endpoint)
    {
#pragma warning disable RS0030, CA2000 // A client of its own to a server of its own; the handler is disposed of by whoever made it.
        var options = new TableClientOptions { Transport = new HttpClientTransport(new HttpClient(this, disposeHandler: false)) };
#pragma warning restore RS0030, CA2000
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(1);
        return new TableServiceClient(endpoint, new TableSharedKeyCredential(StorageEmulator.Account, StorageEmulator.Key), options);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Refuse > 0)
        {
            return new HttpResponseMessage((System.Net.HttpStatusCode)Refuse) { RequestMessage = request, Content = new StringContent("""{"odata.error":{"code":"AuthorizationPermissionMismatch","message":{"value":"canary"}}}""", Encoding.UTF8, "application/json") };
        }

        // Making the table is no write of a row.
        var isWrite = request.Method != HttpMethod.Get && !request.RequestUri!.AbsolutePath.EndsWith("/Tables", StringComparison.Ordinal);
        if (isWrite && !request.RequestUri!.AbsolutePath.EndsWith("$batch", StringComparison.Ordinal)) Writes.Enqueue((request.Method.Method, request.Headers.TryGetValues("If-Match", out var tags) ? tags.Single() : null));
        var answer = await base.SendAsync(request, cancellationToken);
        // A scan tells no ages.
        if (!isWrite && !request.RequestUri!.AbsolutePath.EndsWith(')')) return answer;
        await answer.Content.LoadIntoBufferAsync(cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (isWrite)
        {
            var now = Clock!.GetUtcNow();
            foreach (Match tag in Tag().Matches($"{answer.Headers.ETag} {text}")) _given.TryAdd(tag.Value, now);
            if (LoseNext > 0 || (LosesEvery > 0 && Interlocked.Increment(ref _writes) % LosesEvery == 0))
            {
                LoseNext = Math.Max(0, LoseNext - 1);
                Lost++;
                answer.Dispose();
                throw new HttpRequestException("The answer was lost.");
            }
        }
        else if (answer.Headers.Date is { } date && _given.TryGetValue(Tag().Match(text.Replace("\\\"", "\"", StringComparison.Ordinal)).Value, out var given))
        {
            answer.Headers.Date = date + (Clock!.GetUtcNow() - given);
        }

        return answer;
    }

    [GeneratedRegex("W/\"datetime'[^\"]+\"")]
    private static partial Regex Tag();
}
