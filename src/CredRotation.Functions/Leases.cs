using CredRotation.Adapters.Consumers;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Reload;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>A consumer's instance says that it is there and which version it runs, and hears what it is to run. No visit comes of it.</summary>
public sealed class Leases(Endpoint endpoint, ConsumerCalls calls, LeaseBook book, ICredentialRegistry registry)
{
    private static readonly TimeSpan s_renewal = TimeSpan.FromMinutes(1);

    // While a rotation is open somebody waits for what this instance says.
    private static readonly TimeSpan s_openRenewal = TimeSpan.FromSeconds(15);

    [Function(nameof(EndpointName.RenewLease))]
    public Task<IActionResult> RenewAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "leases")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.RenewLease, HearAsync, cancellationToken);

    private async Task<Answer> HearAsync(Visit visit, CancellationToken cancellationToken)
    {
        var body = visit.Body;
        if (ConsumerCalls.Fault(body) is { } fault) return Answer.Of(fault);
        var leaving = body.GetValueOrDefault("leaving") ?? "false";
        if (leaving is not ("true" or "false")) return Answer.Of(Problem.BadRequest("'leaving' is true or false."));
        if (await calls.FindAsync(visit, cancellationToken) is not var (row, alias)) return Answer.Of(ConsumerCalls.NotYours);

        var (instance, version) = (body["instance"], body["version"]);
        if (!await book.RenewAsync(row.Id, alias, instance, version, leaving == "true", cancellationToken))
            return Answer.Of(Problem.Conflict($"{alias} holds {ConsumerProgress.InstancesMax} leases of this credential already, which is as many as one consumer may have. Leases of instances that are gone end after {InstanceLease.Length.TotalMinutes:0} minutes.", null));

        var open = row.IsOpen && leaving == "false" ? await registry.FindRotationAsync(row.Id, row.Ordinal, cancellationToken) : null;
        var signal = open is null ? null : PendingSignal.For(open, alias, instance, version);
        return Answer.Json(StatusCodes.Status200OK, new LeaseView((row.IsOpen ? s_openRenewal : s_renewal).TotalSeconds, InstanceLease.Length.TotalSeconds,
            signal is null ? null : SignalBody.Of(signal)));
    }
}
