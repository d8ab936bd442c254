using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class A_host_that_cannot_go_on : EngineTest
{
    [Fact]
    public async Task With_one_row_of_a_newer_format_still_sweeps_and_wakes_the_others()
    {
        await World.SweepAsync(Cancel);
        await SecondAsync("a-second-secret", "S2-AAAAAAAAAA");
        await World.SweepAsync(Cancel);
        var newer = CredentialId.Of(SecretName.Of(new Uri($"https://{RotationWorld.PaymentsHost}/"), "a-second-secret"));
        var row = World.Rows.Snapshot().Single(stored => stored.Key == new RowKey($"c-{newer}", "row"));
        await World.Rows.ReplaceAsync(row.Key, row.Body.Replace("\"format\":1", "\"format\":99", StringComparison.Ordinal), row.Tag, Cancel);
        World.Queue.LoseAll();
        World.Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(1, await World.Host.Sleepers.WakeAsync(Cancel));
        await World.Host.Sweep.RunAsync(Cancel);
        Assert.Single(await World.Host.Registry.ListAsync(Cancel).ToListAsync(Cancel));
        await Assert.ThrowsAsync<NewerFormatException>(() => World.Host.Engine.AdvanceAsync(newer, Cancel));
        Assert.Contains("\"format\":99", World.Rows.Snapshot().Single(stored => stored.Key == row.Key).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Because_its_provider_is_no_longer_what_the_plan_froze_hands_everything_back_and_asks_a_person()
    {
        World.Faults.Add("gateway.generate", new Fault.DropAfter());
        await World.SweepAsync(Cancel);
        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        var host = World.AddHost(provider: new ChangedProvider(new InMemoryGatewayProvider(World.Gateway, World.Faults)));
        for (var wakes = 0; wakes < 60; wakes++)
        {
            if ((await World.RowAsync(Cancel)).WakeOn is { } wakeOn && wakeOn > World.Clock.GetUtcNow()) World.Clock.SetUtcNow(wakeOn);
            await host.Engine.AdvanceAsync(World.Credential, Cancel);
        }

        var held = await World.RotationAsync(Cancel);
        Assert.Equal(HoldReason.TooManyFailures, held.Hold?.Reason);
        Assert.Null((await World.RowAsync(Cancel)).Claim);
        Assert.DoesNotContain(World.Rows.Snapshot(), row => row.Key.Row == "lane" && EngineJson.Read<Claim>(row.Body).Visit.Length > 0);
        Assert.Contains(World.Inbox.Notices, notice => notice.Kind is NoticeKind.Incident);
    }

    [Fact]
    public async Task Because_it_died_with_its_clock_days_ahead_keeps_neither_credential_nor_lane()
    {
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Cancel);
        World.Queue.LoseAll();
        var ahead = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(World.Clock.GetUtcNow() + TimeSpan.FromDays(3)) { AutoAdvanceAmount = TimeSpan.FromTicks(1) };
        var died = new TaskCompletionSource();
        // The first call after the lane was taken.
        World.Faults.Hook = (operation, _) => operation.StartsWith("consumer.signal", StringComparison.Ordinal) && died.TrySetResult() ? new TaskCompletionSource().Task : Task.CompletedTask;
        _ = World.AddHost(ahead).Engine.AdvanceAsync(World.Credential, Cancel);
        await died.Task;
        Assert.Contains(World.Rows.Snapshot(), row => row.Key.Row == "lane" && EngineJson.Read<Claim>(row.Body).ExpiresOn > World.Clock.GetUtcNow() + TimeSpan.FromDays(2));

        for (var wakes = 0; wakes < 60; wakes++)
        {
            World.Clock.Advance(TimeSpan.FromMinutes(1));
            await World.Host.Sleepers.WakeAsync(Cancel);
            await World.DrainAsync(Cancel);
        }

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }

    [Fact]
    public async Task Recognises_its_own_claim_and_lane_when_a_repeated_write_conflicts()
    {
        await World.SweepAsync(Cancel);
        World.Rows.Fault = (operation, _) => operation == "Replace" ? FaultDecision.ConflictAfterCommit : FaultDecision.None;

        await World.ApproveAsync(RotationWorld.OwnerOne, Cancel);

        Assert.Equal(RotationState.Reloaded, (await World.RotationAsync(Cancel)).State);
    }

    private Task SecondAsync(string name, string target)
    {
        World.Gateway.Add(new GatewayCredential(target, "ws2@Company.Shop", "Shop", true, [GatewayCredential.ReadMeRole, GatewayCredential.PaymentRole]));
        var tags = RotationWorld.Tags();
        tags["rotate-target"] = target;
        World.ByHand(RotationWorld.PaymentsHost, name, new SecretText("second"), World.Clock.GetUtcNow().AddDays(3), tags);
        return Task.CompletedTask;
    }

    private sealed class ChangedProvider(ICredentialProvider inner) : ICredentialProvider
    {
        public string Kind => inner.Kind;

        public string Configuration => "{}";

        public IReadOnlyList<string> SecretNames => inner.SecretNames;

        public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => inner.Describe(parameters);

        public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters) => inner.Validate(parameters);

        public Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken) => inner.CheckTargetAsync(target, cancellationToken);

        public Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => inner.IssueAsync(target, ticket, cancellationToken);

        public Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken) => inner.VerifyAsync(target, candidate, cancellationToken);

        public Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken) => inner.RetireAsync(target, ticket, cancellationToken);

        public Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => inner.RecoverAsync(target, ticket, cancellationToken);

        public Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken) => inner.ListAsync(target, cancellationToken);
    }
}
