using CredRotation.Engine.Evidence;
using CredRotation.Engine.Registry;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>The hash-chained record of a rotation, to be kept and checked elsewhere.</summary>
public sealed class Evidence(Endpoint endpoint, ICredentialRegistry registry, TimeProvider time)
{
    [Function(nameof(EndpointName.ShowEvidence))]
    public Task<IActionResult> ShowAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "rotations/{id}/evidence")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.ShowEvidence, ShowAsync, cancellationToken);

    private async Task<Answer> ShowAsync(Visit visit, CancellationToken cancellationToken)
    {
        var chain = new Queue<string>();
        // The row was read before: what came after its head is left out, so that both say the same.
        var left = visit.TheCredential.Chain.Sequence;
        await foreach (var entry in registry.ReadChainAsync(visit.TheCredential.Id, cancellationToken))
        {
            if (left-- == 0) break;
            chain.Enqueue(entry);
            if (chain.Count > EvidenceFile.EntriesMax) chain.Dequeue();
        }

        return Answer.Json(StatusCodes.Status200OK, EvidenceFile.Of(visit.TheCredential, visit.TheRotation, [.. chain], time.GetUtcNow()));
    }
}
