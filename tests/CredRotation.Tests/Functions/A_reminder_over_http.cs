using System.Net;
using CredRotation.Engine;
using CredRotation.Engine.Ladder;
using CredRotation.Engine.Registry;
using CredRotation.Tests.Pages;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Tests.Functions;

public sealed class A_reminder_over_http : IClassFixture<HeadsWorld>, IAsyncLifetime
{
    private const string Manager = "a0000000-0000-0000-0000-0000000000b1";

    private readonly HeadsWorld _world;

    public A_reminder_over_http(HeadsWorld world) => _world = world;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Acknowledge => $"api/credentials/{_world.Row.Id.Value}/acknowledge";

    public async ValueTask InitializeAsync()
    {
        var rows = _world.App.Services.GetRequiredService<IRowStore>();
        var key = new RowKey("ladder", _world.Row.Id.Value);
        if (await rows.FindAsync(key, Cancel) is { } old) await rows.DeleteAsync(key, old.Tag, Cancel);
        await rows.InsertAsync(key, EngineJson.Write(new LadderNotice
        {
            Credential = _world.Row.Id,
            Secret = _world.Row.Secret,
            OwnerGroup = SampleRotations.OwnerGroup,
            Policy = "payments",
            Version = "v-1",
            EndsOn = SampleRotations.Now.AddDays(9),
            Rung = 1,
            Level = LadderLevel.Managers,
            ReachedOn = SampleRotations.Now,
            Named = [Manager],
        }), Cancel);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(HeadsWorld.Owner)]
    [InlineData(Manager)]
    public async Task Is_acknowledged_by_whom_it_reached(string person)
    {
        using var answer = await _world.SendAsync(_world.Token(person), HttpMethod.Post, Acknowledge, HeadsWorld.Json(new { version = "v-1", rung = "1" }));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var notice = await _world.App.Services.GetRequiredService<LadderBook>().FindAsync(_world.Row.Id, Cancel);
        Assert.Equal(person, notice!.Acknowledged!.PersonId);
        Assert.Contains(_world.Registry.Told, told => told.Item is InboxItem.AcknowledgeReminder said && said.PersonId == person);
    }

    [Theory]
    [InlineData("v-2", "1", HttpStatusCode.PreconditionFailed)]
    [InlineData("v-1", "2", HttpStatusCode.PreconditionFailed)]
    [InlineData("v-1", "one", HttpStatusCode.BadRequest)]
    public async Task Is_not_acknowledged_for_another_version_or_rung(string version, string rung, HttpStatusCode expected)
    {
        using var answer = await _world.SendAsync(_world.Token(HeadsWorld.Owner), HttpMethod.Post, Acknowledge, HeadsWorld.Json(new { version, rung }));

        Assert.Equal(expected, answer.StatusCode);
        Assert.Null((await _world.App.Services.GetRequiredService<LadderBook>().FindAsync(_world.Row.Id, Cancel))!.Acknowledged);
    }

    [Fact]
    public async Task Is_not_acknowledged_by_somebody_whom_it_did_not_reach()
    {
        using var answer = await _world.SendAsync(_world.Token(HeadsWorld.OtherOwner), HttpMethod.Post, Acknowledge, HeadsWorld.Json(new { version = "v-1", rung = "1" }));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Opens_the_tasks_page_to_a_manager_and_no_other_page()
    {
        using var tasks = await _world.SendAsync(_world.Token(Manager), HttpMethod.Get, "api/pages/tasks");
        using var overview = await _world.SendAsync(_world.Token(Manager), HttpMethod.Get, "api/pages/overview");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), (tasks.StatusCode, overview.StatusCode));
        Assert.Contains(_world.Row.Secret.Name, await tasks.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unmanaged")]
    [InlineData("own")]
    [InlineData("setup")]
    public async Task Or_not_owners_see_no_page_of_the_staff(string page)
    {
        using var answer = await _world.SendAsync(_world.Token(HeadsWorld.Owner), HttpMethod.Get, $"api/pages/{page}");
        using var staff = await _world.SendAsync(_world.Token(HeadsWorld.AuditorId, "Rotation.Audit"), HttpMethod.Get, $"api/pages/{page}");

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), (answer.StatusCode, staff.StatusCode));
    }

    [Theory]
    [InlineData("overview")]
    [InlineData("owners")]
    [InlineData("credentials")]
    public async Task Or_not_owners_see_their_own_on_every_other_page(string page)
    {
        using var answer = await _world.SendAsync(_world.Token(HeadsWorld.Owner), HttpMethod.Get, $"api/pages/{page}");
        var text = await answer.Content.ReadAsStringAsync(Cancel);

        Assert.Contains(SampleRotations.Secret.Name, text, StringComparison.Ordinal);
        Assert.DoesNotContain("other-key", text, StringComparison.Ordinal);
    }
}
