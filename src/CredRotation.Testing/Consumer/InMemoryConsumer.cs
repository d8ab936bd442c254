using CredRotation.Engine;
using CredRotation.Engine.Reload;

namespace CredRotation.Testing;

/// <summary>Consumers that answer signals with their instances, stay silent when told to, and let a test react to each signal.</summary>
public sealed class InMemoryConsumer(FaultInjector faults) : IConsumerSignal
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Func<ReloadSignal, SignalAnswer>> _answers = [];
    private readonly List<(string Alias, ReloadSignal Signal)> _signals = [];

    /// <summary>Called after a consumer heard a real signal (no rehearsal); a test acknowledges here.</summary>
    public Func<string, ReloadSignal, IReadOnlyList<string>, Task>? Signalled { get; set; }

    public IReadOnlyList<(string Alias, ReloadSignal Signal)> Signals
    {
        get
        {
            lock (_gate) return [.. _signals];
        }
    }

    /// <summary>From now on the consumer answers with these instances.</summary>
    public void Answers(string alias, params string[] instances) => Answers(alias, _ => new SignalAnswer.Answered([.. instances]));

    /// <summary>From now on the consumer, or its platform, answers so.</summary>
    public void Answers(string alias, Func<ReloadSignal, SignalAnswer> answer)
    {
        lock (_gate) _answers[alias] = answer;
    }

    /// <summary>From now on the consumer does not answer.</summary>
    public void FallsSilent(string alias)
    {
        lock (_gate) _answers.Remove(alias);
    }

    public async Task<SignalAnswer> SignalAsync(string alias, ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await faults.RunAsync<SignalAnswer>($"consumer.signal@{alias}", () => Hear(alias, signal), cancellationToken);
            if (answer.Error is { } error) return new SignalAnswer.Silent($"It answered {error.Status}.");
            if (answer.Value is SignalAnswer.Answered { Instances: var instances } && !signal.Rehearsal && Signalled is { } signalled)
                await signalled(alias, signal, instances);
            return answer.Value!;
        }
        catch (RemoteTroubleException trouble)
        {
            return new SignalAnswer.Silent(trouble.Message);
        }
    }

    private SignalAnswer Hear(string alias, ReloadSignal signal)
    {
        lock (_gate)
        {
            _signals.Add((alias, signal));
            return _answers.TryGetValue(alias, out var answer) ? answer(signal) : new SignalAnswer.Silent("It did not answer.");
        }
    }
}
