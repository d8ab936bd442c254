using CredRotation.Engine.Detect.Health;
using CredRotation.Functions.Access;
using CredRotation.Functions.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Functions;

/// <summary>Whether sweep and wake-up run, for an alert that shares nothing with their timers: 503 when one is late.</summary>
public sealed class ShowHealth(Endpoint endpoint, HealthReader health)
{
    [Function(nameof(EndpointName.ShowHealth))]
    public Task<IActionResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health")] HttpRequest request, CancellationToken cancellationToken)
        => endpoint.HandleAsync(request, EndpointName.ShowHealth, ReadAsync, cancellationToken);

    private async Task<Answer> ReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        var report = await health.ReadAsync(cancellationToken);
        return Answer.Json(report.IsOk ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, report);
    }
}
