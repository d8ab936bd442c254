namespace CredRotation.Adapters.EventGrid;

/// <summary>The topic of completed rotations is https or absent.</summary>
internal sealed class TopicCheck(string? setting) : IStartupCheck
{
    public IEnumerable<string> Faults()
    {
        if (!EventGridRotationEvents.TryTopic(setting, out _)) yield return "EventGrid:TopicEndpoint must be the topic's https address, for example https://rotations.westeurope-1.eventgrid.azure.net/api/events. Leave it empty to publish nothing.";
    }
}
