namespace CredRotation.Adapters.Storage;

/// <summary>A message somebody took from the queue. It comes back unless it is completed with this very receipt in time.</summary>
/// <param name="Body">Raw text: a credential id or a delivery of events, unless somebody else wrote into the store.</param>
/// <param name="DequeueCount">How often it was taken, this time included.</param>
public sealed record QueuedWork(string Id, string Body, int DequeueCount, string Receipt);
