using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Reload;
using CredRotation.Testing;

namespace CredRotation.Benchmarks.Mutants;

/// <summary>Does not write what has this content type, and says that it did.</summary>
internal sealed class SkippingVault(ICredentialVault vault, string contentType) : OtherVault(vault)
{
    public override Task<string> WriteAsync(SecretName secret, VaultWrite write, string callId, CancellationToken cancellationToken)
        => write.ContentType == contentType ? Task.FromResult(new string('f', 32)) : base.WriteAsync(secret, write, callId, cancellationToken);
}

/// <summary>Gives a promoted version another end.</summary>
internal sealed class MisdatingVault(ICredentialVault vault, Func<DateTimeOffset?, DateTimeOffset?> other) : OtherVault(vault)
{
    public override Task<string> WriteAsync(SecretName secret, VaultWrite write, string callId, CancellationToken cancellationToken)
        => base.WriteAsync(secret, write with { ExpiresOn = write.ExpiresOn is null ? null : other(write.ExpiresOn) }, callId, cancellationToken);
}

/// <summary>Takes what this host wrote last for what is current.</summary>
internal sealed class TrustingVault(ICredentialVault vault) : OtherVault(vault)
{
    private readonly Dictionary<SecretName, string> _written = [];

    public override async Task<string> WriteAsync(SecretName secret, VaultWrite write, string callId, CancellationToken cancellationToken)
        => _written[secret] = await base.WriteAsync(secret, write, callId, cancellationToken);

    public override Task<VaultSecret> ReadCurrentAsync(SecretName secret, string callId, CancellationToken cancellationToken)
        => _written.TryGetValue(secret, out var version) ? ReadVersionAsync(secret, version, callId, cancellationToken) : base.ReadCurrentAsync(secret, callId, cancellationToken);
}

/// <summary>Says that the vault's clock is this host's.</summary>
internal sealed class AgreeingVault(ICredentialVault vault, TimeProvider clock) : OtherVault(vault)
{
    public override async Task<VaultSecret> ReadCurrentAsync(SecretName secret, string callId, CancellationToken cancellationToken)
        => await base.ReadCurrentAsync(secret, callId, cancellationToken) with { RemoteDate = clock.GetUtcNow() };

    public override async Task<VaultSecret> ReadVersionAsync(SecretName secret, string version, string callId, CancellationToken cancellationToken)
        => await base.ReadVersionAsync(secret, version, callId, cancellationToken) with { RemoteDate = clock.GetUtcNow() };
}

/// <summary>Answers rehearsals in the consumer's name.</summary>
internal sealed class UnheardConsumers(IConsumerSignal consumers) : IConsumerSignal
{
    public Task<SignalAnswer> SignalAsync(string alias, ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
        => signal.Rehearsal ? Task.FromResult<SignalAnswer>(new SignalAnswer.Answered(["checkout-1", "checkout-2"])) : consumers.SignalAsync(alias, consumer, signal, cancellationToken);
}

/// <summary>Counts everybody to every group.</summary>
internal sealed class OpenDirectory(IOwnerDirectory directory) : IOwnerDirectory
{
    public async Task<OwnerReading> ReadAsync(string groupId, CancellationToken cancellationToken)
    {
        var reading = await directory.ReadAsync(groupId, cancellationToken);
        return reading with { People = [.. reading.People, new OwnerPerson(RotationWorld.Stranger, "stranger", "stranger@example.com")] };
    }
}

/// <summary>Takes a directory that cannot be asked for one in which the group is gone.</summary>
internal sealed class ForgetfulDirectory(IOwnerDirectory directory) : IOwnerDirectory
{
    public async Task<OwnerReading> ReadAsync(string groupId, CancellationToken cancellationToken)
        => await directory.ReadAsync(groupId, cancellationToken) is var reading && reading.State is OwnerState.Unavailable ? reading with { State = OwnerState.Gone } : reading;
}

/// <summary>Knows of nobody who stands in for owners that are gone.</summary>
internal sealed class LonelyDirectory(IOwnerDirectory directory) : IOwnerDirectory
{
    public async Task<OwnerReading> ReadAsync(string groupId, CancellationToken cancellationToken)
        => await directory.ReadAsync(groupId, cancellationToken) is var reading && groupId == RotationWorld.FallbackGroup ? reading with { State = OwnerState.Gone, People = [] } : reading;
}

/// <summary>A clock whose monotonic side stands still: a claim never seems to run out.</summary>
internal sealed class StandingClock(TimeProvider clock) : TimeProvider
{
    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => 1;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock.CreateTimer(callback, state, dueTime, period);
}
