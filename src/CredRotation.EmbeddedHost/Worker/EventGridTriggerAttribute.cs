namespace Microsoft.Azure.Functions.Worker;

/// <summary>Runs a function for each event of a delivery.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class EventGridTriggerAttribute : Attribute;
