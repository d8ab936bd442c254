using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Graph;
using Microsoft.Kiota.Abstractions;

namespace CredRotation.Adapters.Graph;

/// <summary>What Graph answered to one question of a batch; without an answer, the trouble that kept it away.</summary>
internal sealed record BatchAnswer(int Status, string Body, Exception? Trouble);

/// <summary>
/// Asks Microsoft Graph many small questions in few calls. Every question has its own answer: those told to come later are asked again when
/// Graph said, alone and a few times at most; trouble with one call is trouble of its questions only.
/// </summary>
internal sealed class GraphBatch(GraphServiceClient graph, TimeSpan timeout, TimeProvider clock)
{
    /// <summary>What one call may hold.</summary>
    public const int QuestionsMax = 20;

    private const int TriesMax = 3;
    private const int BodyMax = 8 * 1024 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2), PauseMax = TimeSpan.FromMinutes(1);

    /// <summary>The answers, in the order of the questions.</summary>
    public async Task<IReadOnlyList<BatchAnswer>> AskAsync(IReadOnlyList<RequestInformation> questions, CancellationToken cancellationToken)
    {
        var answers = new BatchAnswer[questions.Count];
        IReadOnlyList<int> open = [.. Enumerable.Range(0, questions.Count)];
        for (var attempt = 1; open.Count > 0; attempt++)
        {
            TimeSpan? pause = null;
            foreach (var together in open.Chunk(QuestionsMax))
            {
                if (await AskAsync(questions, together, answers, cancellationToken) is { } later && (pause is null || later > pause)) pause = later;
            }

            open = [.. open.Where(index => IsToComeLater(answers[index]))];
            if (open.Count == 0 || attempt == TriesMax) break;
            await Task.Delay(pause is not { } told || told <= TimeSpan.Zero ? Pause : told < PauseMax ? told : PauseMax, clock, cancellationToken);
        }

        return answers;
    }

    /// <summary>One call; answers the longest pause that any of its questions was told to make.</summary>
    private async Task<TimeSpan?> AskAsync(IReadOnlyList<RequestInformation> questions, int[] together, BatchAnswer[] answers, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            var batch = new BatchRequestContentCollection(graph);
            var ids = new Dictionary<string, int>();
            foreach (var index in together) ids[await batch.AddBatchRequestStepAsync(questions[index])] = index;
            var response = await graph.Batch.PostAsync(batch, deadline.Token);
            TimeSpan? longest = null;
            foreach (var (id, index) in ids)
            {
                using var item = await response.GetResponseByIdAsync(id);
                if (item is null)
                {
                    answers[index] = new BatchAnswer(0, "", new InvalidDataException("Graph left a question of a batch without an answer."));
                    continue;
                }

                var body = await item.Content.ReadAsStringAsync(deadline.Token);
                answers[index] = body.Length <= BodyMax ? new BatchAnswer((int)item.StatusCode, body, null) : new BatchAnswer(0, "", new InvalidDataException("Graph answered without end."));
                if (IsToComeLater(answers[index]) && After(item.Headers) is { } after && (longest is null || after > longest)) longest = after;
            }

            return longest;
        }
        catch (Exception trouble) when (!(trouble is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            foreach (var index in together) answers[index] = new BatchAnswer(0, "", trouble);
            return null;
        }
    }

    private static bool IsToComeLater(BatchAnswer answer) => answer is { Trouble: null, Status: 429 or 503 };

    private TimeSpan? After(HttpResponseHeaders headers)
        => headers.TryGetValues("Retry-After", out var texts) && texts.FirstOrDefault() is { } text
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date - clock.GetUtcNow() : null
            : null;
}
