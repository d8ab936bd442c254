using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_wait_for_a_lost_issue : EngineTest
{
    [Fact]
    public async Task Is_not_cut_short_by_a_second_approval()
    {
        World.Faults.Add("gateway.generate", new Fault.DropAfter());
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var unknown = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.IssueSent, unknown.State);

        await World.ApproveAsync(RotationWorld.OwnerTwo, Cancel);

        var waiting = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.IssueSent, waiting.State);
        Assert.Equal(unknown.WakeOn, waiting.WakeOn);
        Assert.Contains(World.Rows.Snapshot(), row => row.Key.Row.StartsWith("in-", StringComparison.Ordinal));
        Assert.Single(World.Gateway.Requests, request => request.Method == "POST");

        await World.PassAsync(TimeSpan.FromMinutes(10), Cancel);

        Assert.Equal(2, (await World.RotationAsync(Cancel)).Approvals.Count);
    }

    [Fact]
    public async Task Is_not_cut_short_by_any_number_of_messages()
    {
        World.Faults.Add("gateway.generate", new Fault.DropAfter());
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        for (var message = 0; message < 5; message++) await World.Host.Engine.AdvanceAsync(World.Credential, Cancel);

        Assert.Single(World.Gateway.Requests, request => request.Method == "POST");
    }
}

public sealed class A_provider_that_never_tells : EngineTest
{
    [Fact]
    public async Task Five_times_is_a_hold_that_people_can_leave()
    {
        World.Faults.Add("gateway.generate", new Fault.DropAfter(), times: 5);
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(1), Cancel);
        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.TooManyFailures, held.Hold?.Reason);
        Assert.Equal(5, held.Suspects.Count);
        Assert.NotEmpty(held.Hold!.Choices);

        await World.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(26), Cancel);

        var ended = await World.RotationAsync(Cancel);
        Assert.Equal(RotationState.Retired, ended.State);
        Assert.Equal(6, ended.Attempts.Count);
        Assert.All(ended.Suspects, suspect => Assert.NotNull(suspect.EndsOn));
        Assert.Single(World.Gateway.LiveKeys(RotationWorld.Target));
    }

    [Fact]
    public async Task Each_override_allows_only_one_more_round()
    {
        World.Faults.Add("gateway.generate", new Fault.DropAfter(), times: 100);
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(1), Cancel);

        await World.ChooseAsync("override", RotationWorld.OwnerOne, Cancel);
        await World.PassAsync(TimeSpan.FromHours(2), Cancel);

        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.TooManyFailures, held.Hold?.Reason);
        Assert.Equal(10, held.Attempts.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(36500)]
    public async Task When_to_come_back_sensibly_is_asked_again_within_the_hour(int days)
    {
        var provider = new ThrottlingProvider(new InMemoryGatewayProvider(World.Gateway, World.Faults), TimeSpan.FromDays(days));
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Cancel);

        await World.AddHost(provider: provider).Engine.AdvanceAsync(World.Credential, Cancel);

        var throttled = await World.RotationAsync(Cancel);
        Assert.Equal(1, provider.Issues);
        Assert.InRange(throttled.WakeOn, World.Clock.GetUtcNow() + TimeSpan.FromSeconds(20), World.Clock.GetUtcNow() + TimeSpan.FromHours(1));
    }

    private sealed class ThrottlingProvider(ICredentialProvider inner, TimeSpan after) : ICredentialProvider
    {
        public int Issues { get; private set; }

        public string Kind => inner.Kind;

        public string Configuration => inner.Configuration;

        public IReadOnlyList<string> SecretNames => inner.SecretNames;

        public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => inner.Describe(parameters);

        public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters) => inner.Validate(parameters);

        public Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken) => inner.CheckTargetAsync(target, cancellationToken);

        public Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
        {
            Issues++;
            return Task.FromResult<IssueOutcome>(new IssueOutcome.Throttled(after));
        }

        public Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken) => inner.VerifyAsync(target, candidate, cancellationToken);

        public Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken) => inner.RetireAsync(target, ticket, cancellationToken);

        public Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => inner.RecoverAsync(target, ticket, cancellationToken);

        public Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken) => inner.ListAsync(target, cancellationToken);
    }
}
