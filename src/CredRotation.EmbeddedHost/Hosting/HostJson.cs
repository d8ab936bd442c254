using Microsoft.Extensions.Configuration;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>What this host follows of host.json, with the Functions host's own defaults.</summary>
internal sealed record HostJson(string RoutePrefix, TimeSpan FunctionTimeout, int DequeueCountMax, TimeSpan RetryAfter)
{
    public static HostJson Read(string path)
    {
        var file = new ConfigurationBuilder().AddJsonFile(path, optional: false).Build();
        return new(
            file.GetValue("extensions:http:routePrefix", "api")!,
            file.GetValue("functionTimeout", TimeSpan.FromMinutes(10)),
            file.GetValue("extensions:queues:maxDequeueCount", 5),
            file.GetValue("extensions:queues:visibilityTimeout", TimeSpan.Zero));
    }
}
