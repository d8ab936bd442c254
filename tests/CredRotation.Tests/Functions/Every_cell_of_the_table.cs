using System.Globalization;
using System.Text.Json;
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
        ReportFailure    401 202 403 403 403 403
        RenewLease       401 200 403 403 403 403
        OpenPage         401 403 200 403 200 200
        ShowHealth       200 200 200 200 200 200
        ShowSetup        401 403 403 403 200 200
        SendTestCode     401 403 403 403 202 403
        TypeTestCode     401 403 403 403 400 403
        """;

    /// <summary>The same from a browser: a page that is opened, a form that is sent by one of our own pages. A call without a form says so by 415.</summary>
    private const string ExpectedOfBrowsers = """
        ListCredentials  401 403 200 200 200 200
        ShowCredential   401 403 200 403 200 200
        AcknowledgeReminder 401 403 412 403 403 403
        Adopt            401 403 303 403 403 403
        AdoptMany        401 403 403 403 400 403
        Release          401 403 415 403 415 403
        ReleaseByForm    401 403 409 403 409 403
        Rehearse         401 403 403 403 415 415
        StartRotation    401 403 403 403 303 403
        ShowRotation     401 403 200 403 200 200
        ShowEvidence     401 403 200 403 200 200
        ApproveRotation  401 403 303 403 403 403
        RejectRotation   401 403 303 403 403 403
        ChooseInHold     401 403 303 403 403 403
        RollBackRotation 401 403 412 403 403 403
        HandIn           401 403 412 403 403 403
        Acknowledge      401 415 403 403 403 403
        ReportFailure    401 415 403 403 403 403
        RenewLease       401 415 403 403 403 403
        OpenPage         401 403 200 403 200 200
        ShowHealth       200 200 200 200 200 200
        ShowSetup        401 403 403 403 200 200
        SendTestCode     401 403 403 403 303 403
        TypeTestCode     401 403 403 403 400 403
        """;

    [Fact]
    public Task Answers_an_api_call_as_written() => AssertAsync(Expected, "by the API", async (name, who) => await StatusAsync(name, who, FormOf.None));

    [Fact]
    public Task Answers_a_browser_as_written() => AssertAsync(ExpectedOfBrowsers, "by a browser", async (name, who) => await StatusAsync(name, who, FormOf.Ours));

    [Theory]
    [InlineData(FormOf.AnotherSite)]
    [InlineData(FormOf.NoOrigin)]
    [InlineData(FormOf.AnotherOrigin)]
    [InlineData(FormOf.JsonOfAnotherSite)]
    public async Task Refuses_whatever_another_site_made_a_browser_send(FormOf form)
    {
        var (tried, told) = (0, world.Registry.Told.Count);
        foreach (var row in AuthorizationTable.Rows.Where(row => row.Method != "GET"))
        {
            foreach (var who in s_who)
            {
                Assert.Equal((row.Name, who, who == "anonymous" ? 401 : 403), (row.Name, who, await StatusAsync(row.Name, who, form)));
                tried++;
            }
        }

        Assert.Equal(told, world.Registry.Told.Count);
        TestContext.Current.TestOutputHelper?.WriteLine($"{tried} cells of calls that change something refused: {form}.");
        Assert.Equal(102, tried);
    }

    private static async Task AssertAsync(string expected, string how, Func<EndpointName, string, Task<int>> call)
    {
        var (tried, seen) = (0, new List<string>());
        foreach (var row in AuthorizationTable.Rows)
        {
            var cells = new List<string>();
            foreach (var who in s_who)
            {
                cells.Add((await call(row.Name, who)).ToString(CultureInfo.InvariantCulture));
                tried++;
            }

            seen.Add($"{row.Name,-16} {string.Join(' ', cells)}");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{tried} cells tried {how}: {AuthorizationTable.Rows.Count} calls by {s_who.Length} kinds of callers.");
        Assert.Equal(expected.Split('\n', StringSplitOptions.TrimEntries), seen);
        Assert.Equal(144, tried);
    }

    /// <summary>How a call reaches us.</summary>
    public enum FormOf { None, Ours, AnotherSite, AnotherOrigin, NoOrigin, JsonOfAnotherSite }

    private async Task<int> StatusAsync(EndpointName name, string who, FormOf form)
    {
        var row = AuthorizationTable.Of(name);
        var id = row.Subject == Subject.Credential ? world.Row.Id.Value : world.Rotation.Id.Value;
        var path = $"api/{row.Route.Replace("{name}", "rotation", StringComparison.Ordinal).Replace("{id?}", id, StringComparison.Ordinal).Replace("{id}", id, StringComparison.Ordinal)}";
        HttpContent? body = BodyOf(name);
        if (row.Method != "GET" && form is not (FormOf.None or FormOf.JsonOfAnotherSite)) body = await AsFormAsync(body);
        using var answer = await world.SendAsync(TokenOf(who), new HttpMethod(row.Method), path, body, request =>
        {
            if (form is FormOf.Ours) request.Headers.Add("Sec-Fetch-Site", "same-origin");
            if (form is FormOf.AnotherSite or FormOf.JsonOfAnotherSite) request.Headers.Add("Sec-Fetch-Site", "cross-site");
            if (form is FormOf.AnotherOrigin) request.Headers.Add("Origin", "https://elsewhere.example");
        });

        AssertIsHardened(answer);
        if (answer.Headers.Location is { } to) Assert.StartsWith("/api/pages/", to.OriginalString, StringComparison.Ordinal);
        return (int)answer.StatusCode;
    }

    /// <summary>Whatever the answer is, a browser may do nothing with it but show it.</summary>
    private static void AssertIsHardened(HttpResponseMessage answer)
    {
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        foreach (var rule in new[] { "default-src 'none'", "script-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'" }) Assert.Contains(rule, policy.Split("; "));
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private static async Task<HttpContent> AsFormAsync(HttpContent? json)
    {
        var members = json is null ? [] : JsonSerializer.Deserialize<Dictionary<string, string>>(await json.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        json?.Dispose();
        return new FormUrlEncodedContent(members);
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
        EndpointName.ReportFailure => HeadsWorld.Json(world.Heartbeat(("what", "refused"))),
        EndpointName.RenewLease => HeadsWorld.Json(world.Heartbeat()),
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
