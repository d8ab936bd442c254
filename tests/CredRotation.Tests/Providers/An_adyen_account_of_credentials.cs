using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Engine;

namespace CredRotation.Tests.Providers;

/// <summary>Adyen's mode B over a wire that answers as told: each rotation makes another credential, and the old one is disabled.</summary>
public sealed class An_adyen_account_of_credentials : IDisposable
{
    private const string Credentials = "https://management-test.adyen.com/v3/merchants/Acme-EU/apiCredentials";
    private readonly ProviderWorld _world = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void States_traits_from_which_old_and_new_live_until_the_old_one_is_retired()
    {
        var traits = _world.Credentials.Describe(At().Parameters);

        Assert.Equal(
            new ProviderTraits
            {
                Topology = Topology.Overlap,
                IssueReplay = IssueReplay.None,
                OldValidity = OldValidity.UntilRetired,
                RetireBy = RetireBy.Id,
                CanList = true,
                ListSettle = TimeSpan.FromMinutes(2),
                ActivationDelayMax = TimeSpan.FromMinutes(15),
                RetireDelayMax = TimeSpan.FromMinutes(15),
            },
            traits);
        Assert.False(traits.IssueEndangersOld);
        Assert.Empty(_world.Credentials.Validate(At().Parameters));
    }

    [Fact]
    public async Task Issues_a_credential_with_exactly_its_roles_and_the_marker_as_description()
    {
        _world.Wire.Answers(200, $$"""{"id":"S2-2","username":"ws_2","active":true,"apiKey":"{{ProviderWorld.NewKey}}","password":"pw","clientKey":"ck"}""");

        var outcome = Assert.IsType<IssueOutcome.Issued>(await _world.Credentials.IssueAsync(At(("roles", "Checkout webservice role; Say \"hi\" — ü")), ProviderWorld.Ticket, Stop));

        Assert.Equal((ProviderWorld.NewKey, "S2-2"), (outcome.Value.RevealToRemote(), outcome.Id));
        var sent = _world.Wire.Only;
        Assert.Equal(("POST", Credentials, ProviderWorld.ManagementKey), (sent.Method, sent.Address, sent.Headers["X-API-Key"]));
        var body = JsonNode.Parse(sent.Body!)!.AsObject();
        Assert.Equal(["roles", "description"], body.Select(member => member.Key));
        Assert.Equal(["Checkout webservice role", "Say \"hi\" — ü"], body["roles"]!.AsArray().Select(role => role!.GetValue<string>()));
        Assert.Equal(ProviderWorld.Ticket.Marker, body["description"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(200, """{"id":"S2-2","username":"ws_2"}""", typeof(IssueOutcome.Unknown))]
    [InlineData(200, """{"apiKey":"canary-new-51be"}""", typeof(IssueOutcome.Unknown))]
    [InlineData(200, """{"apiKey":"canary-new-51be","id":"S2 2"}""", typeof(IssueOutcome.Unknown))]
    [InlineData(422, """{"errorCode":"30_112","title":"Invalid role"}""", typeof(IssueOutcome.Rejected))]
    [InlineData(500, "", typeof(IssueOutcome.Unknown))]
    public async Task Takes_an_issue_for_refused_only_when_nothing_was_made(int status, string body, Type outcome)
    {
        _world.Wire.Answers(status, body);

        Assert.IsType(outcome, await _world.Credentials.IssueAsync(At(), ProviderWorld.Ticket, Stop));
    }

    [Fact]
    public async Task Learns_from_the_probe_who_owns_a_credential_and_which_one_it_is()
    {
        _world.Wire.Answers(200, """{"id":"S2-1","active":true,"companyName":"Acme"}""");

        var works = Assert.IsType<ProbeOutcome.Works>(await ProbeAsync());

        Assert.Equal(("Acme", "S2-1"), (works.Identity, works.CredentialId));
        Assert.Equal(ProviderWorld.NewKey, _world.Wire.Only.Headers["X-API-Key"]);
    }

    [Theory]
    [InlineData("""{"active":true,"companyName":"Acme"}""", typeof(ProbeOutcome.Unknown))]
    [InlineData("""{"id":"has canary-new-51be","active":true,"companyName":"Acme"}""", typeof(ProbeOutcome.Unknown))]
    [InlineData("""{"id":"x-canary-new-51be","active":true,"companyName":"Acme"}""", typeof(ProbeOutcome.Unknown))]
    [InlineData("""{"id":{"a":1},"active":true,"companyName":"Acme"}""", typeof(ProbeOutcome.Unknown))]
    [InlineData("""{"id":"S2-1","active":false,"companyName":"Acme"}""", typeof(ProbeOutcome.WrongIdentity))]
    public async Task Trusts_no_probe_that_does_not_say_which_credential_it_was(string body, Type outcome)
    {
        _world.Wire.Answers(200, body);

        Assert.IsType(outcome, await ProbeAsync());
    }

    [Theory]
    [InlineData(200, """{"id":"S2-1","active":false}""", typeof(RetireOutcome.Retired))]
    [InlineData(200, """{"id":"S2-1","active":true}""", typeof(RetireOutcome.Unknown))]
    [InlineData(200, """{"id":"S2-9","active":false}""", typeof(RetireOutcome.Unknown))]
    [InlineData(200, "", typeof(RetireOutcome.Unknown))]
    [InlineData(422, """{"errorCode":"00_422"}""", typeof(RetireOutcome.Rejected))]
    [InlineData(404, "", typeof(RetireOutcome.Rejected))]
    [InlineData(429, "", typeof(RetireOutcome.Throttled))]
    [InlineData(502, "", typeof(RetireOutcome.Unknown))]
    public async Task Disables_exactly_the_credential_it_is_given_and_believes_only_what_it_is_shown(int status, string body, Type outcome)
    {
        _world.Wire.Answers(status, body);

        Assert.IsType(outcome, await _world.Credentials.RetireAsync(At(), new RetireTicket("S2-1", null), Stop));

        var sent = _world.Wire.Only;
        Assert.Equal(("PATCH", $"{Credentials}/S2-1", """{"active":false}""", "application/json"), (sent.Method, sent.Address, sent.Body, sent.Headers["Content-Type"]));
    }

    [Theory]
    [InlineData(200, """{"itemsTotal":0}""", typeof(TargetOutcome.Readable))]
    [InlineData(200, """{"data":[]}""", typeof(TargetOutcome.Unreadable))]
    [InlineData(403, """{"errorCode":"00_403"}""", typeof(TargetOutcome.Unreadable))]
    [InlineData(503, "", typeof(TargetOutcome.Unknown))]
    public async Task Checks_of_its_target_what_can_be_checked_that_credentials_can_be_managed(int status, string body, Type outcome)
    {
        _world.Wire.Answers(status, body);

        Assert.IsType(outcome, await _world.Credentials.CheckTargetAsync(At(), Stop));

        Assert.Equal($"{Credentials}?pageNumber=1&pageSize=1", _world.Wire.Only.Address);
    }

    [Fact]
    public async Task Lists_what_lives_over_all_pages_with_markers()
    {
        Pages(
            """{"data":[{"id":"S2-1","active":true,"description":"rot-abc123-x-1"},{"id":"S2-2","active":false,"description":"rot-abc123-x-0"}],"itemsTotal":4,"pagesTotal":2}""",
            """{"data":[{"id":"S2-3","active":true},{"id":"S2-4","active":true,"description":null}],"itemsTotal":4,"pagesTotal":2}""");

        var listed = await ListAsync();

        Assert.Equal([("S2-1", "rot-abc123-x-1"), ("S2-3", null), ("S2-4", null)], listed!.Select(credential => (credential.Id, credential.Marker)));
        Assert.Equal([$"{Credentials}?pageNumber=1&pageSize=100", $"{Credentials}?pageNumber=2&pageSize=100"], _world.Wire.Sent.Select(sent => sent.Address));
        Assert.All(_world.Wire.Sent, sent => Assert.Equal(("GET", ProviderWorld.ManagementKey), (sent.Method, sent.Headers["X-API-Key"])));
    }

    [Theory]
    [InlineData("""{"itemsTotal":0,"pagesTotal":0}""")]
    [InlineData("""{"data":[],"itemsTotal":0,"pagesTotal":1}""")]
    public async Task Lists_nothing_only_where_it_is_told_so(string body)
    {
        Pages(body);

        Assert.Empty((await ListAsync())!);
    }

    public static TheoryData<string, string[]> Unusable => new()
    {
        { "no entries", ["""{"itemsTotal":1,"pagesTotal":1}"""] },
        { "no total", ["""{"data":[],"pagesTotal":1}"""] },
        { "no pages", ["""{"data":[],"itemsTotal":0}"""] },
        { "no object", ["""[]"""] },
        { "no JSON", ["<html>"] },
        { "nothing", [""] },
        { "entries that are no list", ["""{"data":{"id":"S2-1"},"itemsTotal":1,"pagesTotal":1}"""] },
        { "an entry that is no object", ["""{"data":[1],"itemsTotal":1,"pagesTotal":1}"""] },
        { "an entry without id", ["""{"data":[{"active":true}],"itemsTotal":1,"pagesTotal":1}"""] },
        { "an id that no ledger could hold", ["""{"data":[{"id":"S2\n1","active":true}],"itemsTotal":1,"pagesTotal":1}"""] },
        { "an id that is a key", ["""{"data":[{"id":"canary-management-7f3a","active":true}],"itemsTotal":1,"pagesTotal":1}"""] },
        { "an entry that may live or not", ["""{"data":[{"id":"S2-1"}],"itemsTotal":1,"pagesTotal":1}"""] },
        { "a flag that is none", ["""{"data":[{"id":"S2-1","active":"true"}],"itemsTotal":1,"pagesTotal":1}"""] },
        { "fewer than it says", ["""{"data":[{"id":"S2-1","active":true}],"itemsTotal":2,"pagesTotal":1}"""] },
        { "more than it says", ["""{"data":[{"id":"S2-1","active":true},{"id":"S2-2","active":true}],"itemsTotal":1,"pagesTotal":1}"""] },
        { "the same twice", ["""{"data":[{"id":"S2-1","active":true},{"id":"S2-1","active":false}],"itemsTotal":2,"pagesTotal":1}"""] },
        { "a negative count", ["""{"data":[],"itemsTotal":0,"pagesTotal":-1}"""] },
        { "half a page", ["""{"data":[],"itemsTotal":0,"pagesTotal":1.5}"""] },
        { "too many pages", ["""{"data":[],"itemsTotal":0,"pagesTotal":51}"""] },
        { "too many entries", ["""{"data":[],"itemsTotal":5001,"pagesTotal":1}"""] },
        { "a list that moves", ["""{"data":[{"id":"S2-1","active":true}],"itemsTotal":2,"pagesTotal":2}""", """{"data":[{"id":"S2-2","active":true}],"itemsTotal":3,"pagesTotal":2}"""] },
        { "a list that grows for ever", ["""{"data":[{"id":"S2-1","active":true}],"itemsTotal":2,"pagesTotal":2}""", """{"data":[{"id":"S2-2","active":true}],"itemsTotal":2,"pagesTotal":3}"""] },
        { "a second page that is lost", ["""{"data":[{"id":"S2-1","active":true}],"itemsTotal":2,"pagesTotal":2}""", ""] },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task Never_takes_a_list_that_cannot_be_read_whole_for_a_short_one(string what, string[] pages)
    {
        Assert.NotEmpty(what);
        Pages(pages);

        var trouble = await Assert.ThrowsAsync<RemoteTroubleException>(ListAsync);

        Assert.Equal(RemoteTrouble.Unknown, trouble.Trouble);
        Assert.DoesNotContain("canary", trouble.ToString(), StringComparison.Ordinal);
        Assert.True(_world.Wire.Sent.Count <= pages.Length);
    }

    [Theory]
    [InlineData(401, RemoteTrouble.Denied)]
    [InlineData(403, RemoteTrouble.Denied)]
    [InlineData(429, RemoteTrouble.Throttled)]
    [InlineData(302, RemoteTrouble.Unknown)]
    [InlineData(500, RemoteTrouble.Unknown)]
    public async Task Tells_what_kept_it_from_listing(int status, RemoteTrouble trouble)
    {
        _world.Wire.Answers(status, """{"errorCode":"canary-management-7f3a"}""");

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(ListAsync);

        Assert.Equal(trouble, thrown.Trouble);
        Assert.DoesNotContain("canary", thrown.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_no_list_beyond_a_megabyte()
    {
        Pages($$"""{"data":[{"id":"S2-1","active":true,"description":"{{new string('x', 1024 * 1024)}}"}],"itemsTotal":1,"pagesTotal":1}""");

        await Assert.ThrowsAsync<RemoteTroubleException>(ListAsync);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a;")]
    [InlineData("a;a")]
    [InlineData("a; \u0007")]
    [InlineData("a;\ud800")]
    public void Is_told_when_its_roles_are_no_list(string roles)
        => Assert.StartsWith("roles is not usable by adyen-merchant-credential. Set it to 1 to 50 different texts", Assert.Single(_world.Credentials.Validate(At(("roles", roles)).Parameters)), StringComparison.Ordinal);

    [Fact]
    public void Must_say_which_roles()
    {
        var parameters = new Dictionary<string, string>(At().Parameters);
        parameters.Remove("roles");

        Assert.StartsWith("roles is missing", Assert.Single(_world.Credentials.Validate(parameters)), StringComparison.Ordinal);
    }

    private static ProviderTarget At(params (string Name, string Value)[] parameters) => ProviderWorld.At("checkout", [("roles", "Checkout webservice role"), .. parameters]);

    private Task<ProbeOutcome> ProbeAsync() => _world.Credentials.VerifyAsync(At(), new Candidate(null, new SecretText(ProviderWorld.NewKey)), Stop);

    private Task<IReadOnlyList<ListedCredential>?> ListAsync() => _world.Credentials.ListAsync(At(), Stop);

    /// <summary>Answers one page after the other; nothing beyond the last may be asked for.</summary>
    private void Pages(params string[] pages)
    {
        var next = new Queue<string>(pages);
        _world.Wire.Answer = _ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(next.Dequeue(), Encoding.UTF8, "application/json") });
    }
}
