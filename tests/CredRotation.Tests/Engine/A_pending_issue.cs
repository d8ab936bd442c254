using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;
using CredRotation.Tests.Testing;

namespace CredRotation.Tests.Engine;

/// <summary>The provider began to issue and gives something that it is found by.</summary>
public sealed class A_pending_issue : EngineTest
{
    private readonly List<string?> _recalled = [];

    [Fact]
    public async Task Is_found_by_its_handle_in_another_process()
    {
        var handle = new string('h', IssueOutcome.Pending.HandleMax);

        await IssueAsync(handle);

        Assert.Equal(handle, Assert.Single((await World.RotationAsync(Cancel)).Attempts).Ticket.Handle);
        await AskAgainAsync();
        Assert.Equal(handle, Assert.Single(_recalled));
        Assert.Single(World.Gateway.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task Whose_handle_is_too_long_to_keep_is_asked_for_without_it()
    {
        await IssueAsync(new string('h', IssueOutcome.Pending.HandleMax + 1));

        await AskAgainAsync();

        Assert.Null(Assert.Single(_recalled));
    }

    private async Task IssueAsync(string handle)
    {
        await World.SweepAsync(Cancel);
        var rotation = await World.RotationAsync(Cancel);
        await World.Host.Registry.TellAsync(World.Credential, new InboxItem.Approve(World.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Cancel);
        var provider = new LyingProvider(Gateway()) { Issues = _ => new IssueOutcome.Pending("It is being made.", TimeSpan.FromMinutes(1)) { Handle = handle } };
        await World.AddHost(provider: provider).Engine.AdvanceAsync(World.Credential, Cancel);
        Assert.NotNull((await World.RotationAsync(Cancel)).PendingOn);
    }

    private async Task AskAgainAsync()
    {
        World.Clock.Advance(TimeSpan.FromMinutes(10));
        var provider = new LyingProvider(Gateway())
        {
            Recalls = ticket =>
            {
                _recalled.Add(ticket.Handle);
                return new RecoverOutcome.Pending("It is still being made.", TimeSpan.FromMinutes(1));
            },
        };
        await World.AddHost(provider: provider).Engine.AdvanceAsync(World.Credential, Cancel);
    }

    private InMemoryGatewayProvider Gateway() => new(World.Gateway, World.Faults);
}
