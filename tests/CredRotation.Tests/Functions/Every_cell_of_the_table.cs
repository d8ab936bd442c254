using System.Globalization;
using CredRotation.Functions.Access;
using CredRotation.Tests.Pages;

namespace CredRotation.Tests.Functions;

public sealed class Every_cell_of_the_table(HeadsWorld world) : IClassFixture<HeadsWorld>
{
    private static readonly string[] s_who = ["anonymous", "consumer", "owner", "other", "operator", "auditor"];

    /// <summary>What each kind of caller gets, written here again by hand: the table in the code must not test itself.</summary>
    private const string Expected = """
        ListCredentials  401 403 200 200 200 200
        ShowCredential   401 403 200 403 200 200
        AcknowledgeReminder 401 403 412 403 403 403
        Adopt            401 403 202 403 403 403
        AdoptMany        401 403 403 403 400 403
        Release          401 403 409 403 409 403
        ReleaseByForm    401 403 409 403 409 403
        Rehearse         401 403 404 403 404 404
        StartRotation    401 403 403 403 202 403
        ShowRotation     401 403 200 403 200 200
        ShowEvidence     401 403 200 403 200 200
        ApproveRotation  401 403 202 403 403 403
        RejectRotation   401 403 202 403 403 403
        ChooseInHold     401 403 202 403 403 403
        RollBackRotation 401 403 412 403 403 403
        HandIn           401 403 412 403 403 403
        Acknowledge      401 202 403 403 403 403
        OpenPage         401 403 200 403 200 200
        ShowHealth       200 200 200 200 200 200
        ShowSetup        401 403 403 403 200 200
        SendTestCode     401 403 403 403 202 403
        TypeTestCode     401 403 403 403 400 403
        """;

    [Fact]
    public async Task Answers_as_written()
    {
        var seen = new List<string>();
        foreach (var row in AuthorizationTable.Rows)
        {
            var cells = new List<string>();
            foreach (var who in s_who) cells.Add((await CallAsync(row.Name, who)).ToString(CultureInfo.InvariantCulture));
            seen.Add($"{row.Name,-16} {string.Join(' ', cells)}");
        }

        Assert.Equal(Expected.Split('\n', StringSplitOptions.TrimEntries), seen);
        Assert.Equal(132, seen.Sum(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length - 1));
    }

    private async Task<int> CallAsync(EndpointName name, string who)
    {
        var row = AuthorizationTable.Of(name);
        var id = row.Subject == Subject.Credential ? world.Row.Id.Value : world.Rotation.Id.Value;
        var path = $"api/{row.Route.Replace("{name}", "rotation", StringComparison.Ordinal).Replace("{id?}", id, StringComparison.Ordinal).Replace("{id}", id, StringComparison.Ordinal)}";
        using var answer = await world.SendAsync(TokenOf(who), new HttpMethod(row.Method), path, BodyOf(name));
        return (int)answer.StatusCode;
    }

    private StringContent? BodyOf(EndpointName name) => name switch
    {
        EndpointName.StartRotation => HeadsWorld.Json(new { vault = world.OtherRow.Secret.VaultUri, secret = world.OtherRow.Secret.Name, reason = "A test asks." }),
        EndpointName.Adopt => HeadsWorld.Json(new { vault = world.Row.Secret.VaultUri, secret = world.Row.Secret.Name, change = world.Row.Pending!.Hash }),
        EndpointName.AdoptMany => HeadsWorld.Json(new { csv = "nothing like a sheet" }),
        // Nobody was reminded.
        EndpointName.AcknowledgeReminder => HeadsWorld.Json(new { version = "0f9e8d7c6b5a49382716050403020100", rung = "0" }),
        EndpointName.Release or EndpointName.ReleaseByForm => HeadsWorld.Json(new { reason = "A test asks." }),
        EndpointName.Rehearse => HeadsWorld.Json(new { vault = world.Row.Secret.VaultUri, secret = world.Row.Secret.Name }),
        EndpointName.ApproveRotation or EndpointName.RejectRotation or EndpointName.RollBackRotation => HeadsWorld.Json(world.Decision()),
        EndpointName.ChooseInHold => HeadsWorld.Json(world.Decision("retry")),
        // The rotation waits for no such thing.
        EndpointName.HandIn => HeadsWorld.Json(new { token = "1.a", value = "canary-never-read" }),
        EndpointName.Acknowledge => HeadsWorld.Json(world.Acknowledgement()),
        EndpointName.SendTestCode => HeadsWorld.Json(new { }),
        // Too long to be the one that was sent.
        EndpointName.TypeTestCode => HeadsWorld.Json(new { code = "1234567" }),
        _ => null,
    };

    private string? TokenOf(string who) => who switch
    {
        "consumer" => world.Token(HeadsWorld.CheckoutPrincipal),
        "owner" => world.Token(HeadsWorld.Owner),
        "other" => world.Token(HeadsWorld.OtherOwner),
        "operator" => world.Token(HeadsWorld.OperatorId, "Rotation.Operate"),
        "auditor" => world.Token(HeadsWorld.AuditorId, "Rotation.Audit"),
        _ => null,
    };

    [Fact]
    public async Task Lists_only_what_the_owner_owns()
    {
        using var answer = await world.SendAsync(world.Token(HeadsWorld.Owner), HttpMethod.Get, "api/credentials");

        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains(SampleRotations.Secret.Name, text, StringComparison.Ordinal);
        Assert.DoesNotContain("other-key", text, StringComparison.Ordinal);
    }
}
