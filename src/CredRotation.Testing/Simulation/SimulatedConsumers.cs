using CredRotation.Engine;
using CredRotation.Engine.Reload;

namespace CredRotation.Testing.Simulation;

/// <summary>The consumer as one host reaches it: it answers with its instances, and what it then does is the simulation's to schedule.</summary>
internal sealed class SimulatedConsumers(SimulatedInstallation installation, FaultInjector faults, Func<bool> isSilent, Action<ReloadSignal> heard) : IConsumerSignal
{
    public async Task<SignalAnswer> SignalAsync(string alias, ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await faults.RunAsync<SignalAnswer>($"consumer.{(signal.Rehearsal ? "rehearse" : "signal")}", () => Hear(signal), cancellationToken);
            return answer.Error is { } error ? new SignalAnswer.Silent($"It answered {error.Status}.") : answer.Value!;
        }
        catch (RemoteTroubleException trouble)
        {
            return new SignalAnswer.Silent(trouble.Message);
        }
    }

    private SignalAnswer Hear(ReloadSignal signal)
    {
        if (isSilent()) return new SignalAnswer.Silent("It did not answer.");
        if (!signal.Rehearsal) heard(signal);
        else if (SimulatedVisit.Current is { } visit) visit.HasRehearsed = true;
        return new SignalAnswer.Answered([.. installation.Consumer.Instances.Keys]);
    }
}
