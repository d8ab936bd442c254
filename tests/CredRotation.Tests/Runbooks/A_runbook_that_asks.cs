using System.Net;
using System.Text;
using CredRotation.Sandbox.World;

namespace CredRotation.Tests.Runbooks;

public sealed class A_runbook_that_asks : IAsyncLifetime
{
    private readonly RunbookWorld _world = new();

    private (string, object)[] Payment => [("Vault", _world.Sandbox.VaultUri(SandboxNames.PaymentsVault)), ("Secret", SandboxNames.PaymentSecret), ("Reason", "A laptop was stolen.")];

    public async ValueTask InitializeAsync()
    {
        await _world.InitializeAsync();
        await _world.SweepAsync();
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Opens_a_rotation_and_names_the_open_one_when_asked_again()
    {
        var first = await _world.RunAsync("Start-Rotation", Payment);
        var row = await _world.UntilAsync(row => row.IsOpen);
        var again = await _world.RunAsync("Start-Rotation", Payment);

        Assert.Equal((null, null), (first.Failure, again.Failure));
        Assert.Equal(["Opened", "OpenAlready"], new[] { first, again }.Select(job => job.Output.Single().Properties["Outcome"].Value));
        var id = Assert.Single(new[] { first, again }.Select(job => (string)job.Output[0].Properties["Rotation"].Value).Distinct());
        var rotation = await _world.Registry.FindRotationAsync(row.Id, row.Ordinal, TestContext.Current.CancellationToken);
        Assert.Equal(id, rotation?.Id.Value);
        Assert.Contains("A laptop was stolen.", rotation!.Plan.Reason, StringComparison.Ordinal);
        Assert.Equal($"{_world.App.AbsoluteUri}api/pages/rotation/{id}", first.Output[0].Properties["Page"].Value);
    }

    [Fact]
    public async Task Is_not_released_while_a_rotation_is_open()
    {
        await _world.RunAsync("Start-Rotation", Payment);
        await _world.UntilAsync(row => row.IsOpen);

        var job = await _world.RunAsync("Request-AdoptionRelease", Payment);

        Assert.Contains("A rotation of this credential is open", job.Failure, StringComparison.Ordinal);
        Assert.Contains("What to do next: Let it end", job.Failure, StringComparison.Ordinal);
        Assert.Null((await _world.RowAsync()).ReleaseAsked);
    }

    [Fact]
    public async Task Asks_for_a_release_that_an_owner_then_gives()
    {
        var asked = await _world.RunAsync("Request-AdoptionRelease", Payment);
        var row = await _world.UntilAsync(row => row.ReleaseAsked is { IsTold: true });

        Assert.Null(asked.Failure);
        Assert.Equal("Asked", Assert.Single(asked.Output).Properties["Outcome"].Value);
        Assert.Equal($"{_world.App.AbsoluteUri}api/pages/credentials", asked.Output[0].Properties["Page"].Value);
        Assert.Null(row.Released);
        Assert.Contains(_world.Sandbox.Inbox.Messages, message => message.Body.Contains($"Release {SandboxNames.PaymentSecret}?", StringComparison.Ordinal));

        using var body = new StringContent("""{"reason":"Yes, we move."}""", Encoding.UTF8, "application/json");
        using var answer = await _world.SendAsync("owner-1", HttpMethod.Delete, $"api/adoptions/{row.Id}", body);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await _world.UntilAsync(row => row.Released is { ToFree: null });
        var listed = await _world.RunAsync("Get-ExpiringCredential", ("Days", 90));
        var again = await _world.RunAsync("Request-AdoptionRelease", Payment);

        Assert.StartsWith("watched, released 20", (string)listed.Output.Single(line => A_runbook_that_looks.Is(line, "Name", SandboxNames.PaymentSecret)).Properties["State"].Value, StringComparison.Ordinal);
        Assert.Contains($"CredRotation does not manage {SandboxNames.PaymentSecret}", again.Failure, StringComparison.Ordinal);
    }
}
