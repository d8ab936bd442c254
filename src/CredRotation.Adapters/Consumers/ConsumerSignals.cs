using CredRotation.Engine;
using CredRotation.Engine.Reload;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.Consumers;

/// <summary>One way to reach a kind of consumer. May throw whatever its remote makes it throw: <see cref="ConsumerSignals"/> says it in words.</summary>
internal interface IConsumerChannel
{
    IReadOnlyList<ConsumerKind> Kinds { get; }

    Task<SignalAnswer> SignalAsync(ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken);
}

/// <summary>Reaches each consumer by its kind, within the time of one effect. Whatever a consumer does is an answer; only the caller's cancellation is an exception.</summary>
internal sealed class ConsumerSignals(IEnumerable<IConsumerChannel> channels, IOptions<RotationOptions> rotation) : IConsumerSignal
{
    private readonly Dictionary<ConsumerKind, IConsumerChannel> _channels = channels.SelectMany(channel => channel.Kinds.Select(kind => (kind, channel))).ToDictionary(pair => pair.kind, pair => pair.channel);

    public async Task<SignalAnswer> SignalAsync(string alias, ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        if (!_channels.TryGetValue(consumer.Kind, out var channel)) return new SignalAnswer.Silent($"A consumer of kind {consumer.Kind} is told by nobody.");

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(rotation.Value.EffectTimeout);
        try
        {
            return await channel.SignalAsync(consumer, signal, deadline.Token);
        }
        catch (Exception exception) when (!(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            return new SignalAnswer.Silent(ConsumerAnswers.Describe(exception));
        }
    }
}
