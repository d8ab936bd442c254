using CredRotation.Adapters.Consumers;

namespace CredRotation.Functions.Answers;

/// <summary>When the instance is to say it again, when it is taken for gone, and what it is to run.</summary>
/// <param name="Signal">As at a hook; null: nothing is to be done.</param>
public sealed record LeaseView(double RenewAfterSeconds, double ExpiresInSeconds, SignalBody? Signal);
