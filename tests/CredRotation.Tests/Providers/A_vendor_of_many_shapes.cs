using System.Net;
using System.Text;
using CredRotation.Engine;

namespace CredRotation.Tests.Providers;

/// <summary>What a file may say beyond one plain call: pages, tokens, searches, steps, composite secrets.</summary>
public sealed class A_vendor_of_many_shapes : IDisposable
{
    private const string File =
        """
        {
          "schemaVersion": 1, "provider": "many-shapes",
          "parameters": { "hold": { "type": "duration", "default": "PT1H" }, "life": { "type": "duration", "default": "P90D" }, "policy": { "type": "json", "default": "{\"a\":[1]}" } },
          "allowedHosts": [ "api.sample.example", "*.tenant.example" ],
          "capabilities": {
            "topology": "overlap", "oldValidity": { "mode": "until-retired" }, "retireBy": "disable-then-delete", "issueReplay": "none", "list": "full"
          },
          "auth": {
            "management": { "kind": "oauth2-client-credentials", "tokenUrl": "https://api.sample.example/token", "clientId": "manager", "clientSecret": "{{vault:management}}", "scope": "keys" },
            "candidate": { "kind": "basic", "user": "{{new.id}}", "password": "{{new.secret}}" }
          },
          "operations": {
            "issue": {
              "find": {
                "request": { "method": "GET", "url": "https://api.sample.example/apps?name={{target}}" }, "success": { "status": [ 200 ] },
                "items": "/apps", "where": [ { "pointer": "/name", "equals": "{{target}}" } ], "id": "/id"
              },
              "request": { "method": "POST", "url": "https://api.sample.example/apps/{{found.id}}/keys",
                "body": { "kind": "json", "contentType": "application/vnd.sample.v2+json", "value": { "name": "{{marker}}", "hours": "{{p.life|hours}}", "for": "{{p.life|esDuration}}", "policy": "{{p.policy|json}}" } } },
              "success": { "status": [ 201 ] },
              "extract": { "id": { "header": "X-Key-Id" }, "secret": { "items": "/parts", "where": [ { "pointer": "/kind", "equals": "secret" } ], "pointer": "/value" } },
              "store": { "value": { "key": { "id": "{{new.id}}", "secret": "{{new.secret}}" }, "app": "{{target}}" } }
            },
            "verify": {
              "request": { "method": "GET", "url": "https://api.sample.example/me" }, "success": { "status": [ 200 ] }, "credentialId": { "template": "{{new.id}}" },
              "refused": { "status": [ 401 ] }, "notYet": { "status": [ 200 ], "code": "/state", "codes": [ "spreading" ] }
            },
            "retire": {
              "look": {
                "request": { "method": "GET", "url": "https://api.sample.example/keys/{{old.id}}" }, "success": { "status": [ 200 ] },
                "disabled": [ { "pointer": "/on", "equals": false } ], "since": { "pointer": "/changed" }
              },
              "disable": { "request": { "method": "POST", "url": "https://api.sample.example/keys/{{old.id}}/off" }, "success": { "status": [ 200 ] } },
              "hold": "{{p.hold}}",
              "request": { "method": "DELETE", "url": "https://api.sample.example/keys/{{old.id}}" }, "success": { "status": [ 204 ] }, "alreadyGone": { "status": [ 404 ] },
              "confirmBy": "list"
            },
            "list": {
              "request": { "method": "GET", "url": "https://api.sample.example/keys?size=2" }, "success": { "status": [ 200 ] },
              "items": "/keys", "id": "/id", "marker": "/name", "paging": { "kind": "url", "next": "/next" }
            }
          },
          "errors": [ { "status": [ 400, 401, 403, 404 ], "class": "rejected", "code": "/code" }, { "status": [ 200 ], "class": "rejected", "code": "/fault", "codes": [ "no" ] } ],
          "retryAfter": { "header": "X-Reset", "as": "seconds" }
        }
        """;

    private const string Token = """{"access_token":"canary-token","token_type":"Bearer"}""";
    private readonly ProviderWorld _world = new(File);

    private ICredentialProvider Provider => _world.Catalog.Find("many-shapes")!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static ProviderTarget At { get; } = new("sample", "shop", new Dictionary<string, string>(), new Dictionary<string, SecretText> { ["management"] = new(ProviderWorld.ManagementKey) });

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Is_issued_from_a_search_a_header_and_the_one_part_that_is_secret()
    {
        Answers((200, Token), (200, """{"apps":[{"name":"shop-2","id":8},{"name":"shop","id":7}]}"""), (200, Token), (201, """{"parts":[{"kind":"public","value":"p"},{"kind":"secret","value":"canary-new-51be"}]}"""));

        var issued = Assert.IsType<IssueOutcome.Issued>(await IssueAsync());

        Assert.Equal("""{"key":{"id":"k-9","secret":"canary-new-51be"},"app":"shop"}""", issued.Value.RevealToRemote());
        Assert.Equal("k-9", issued.Id);
        var sent = _world.Wire.Sent[^1];
        Assert.Equal("https://api.sample.example/apps/7/keys", sent.Address);
        Assert.Equal("Bearer canary-token", sent.Headers["Authorization"]);
        Assert.Equal("application/vnd.sample.v2+json", sent.Headers["Content-Type"]);
        Assert.Equal("""{"name":"rot-abc123-x-2","hours":2160,"for":"90d","policy":{"a":[1]}}""", sent.Body);
        Assert.Equal("grant_type=client_credentials&scope=keys&client_id=manager&client_secret=canary-management-7f3a", _world.Wire.Sent[0].Body);
    }

    [Theory]
    [InlineData("""{"apps":[]}""")]
    [InlineData("""{"apps":[{"name":"shop","id":7},{"name":"shop","id":8}]}""")]
    public async Task Is_not_issued_unless_exactly_one_is_found(string found)
    {
        Answers((200, Token), (200, found));

        Assert.Equal(new IssueOutcome.Rejected("not-sent.not-found-once"), await IssueAsync());
    }

    [Theory]
    [InlineData(401, """{"error":"invalid_client"}""", typeof(IssueOutcome.Rejected))]
    [InlineData(401, """{"error":"temporarily_unavailable"}""", typeof(IssueOutcome.Throttled))]
    [InlineData(500, "", typeof(IssueOutcome.Throttled))]
    [InlineData(200, "{}", typeof(IssueOutcome.Throttled))]
    [InlineData(429, "", typeof(IssueOutcome.Throttled))]
    public async Task Has_no_effect_without_its_token_and_says_so(int status, string body, Type outcome)
    {
        Answers((status, body));

        Assert.IsType(outcome, await IssueAsync());
        Assert.Equal("https://api.sample.example/token", _world.Wire.Only.Address);
    }

    [Fact]
    public async Task Is_unknown_when_the_answer_holds_a_secret_and_a_fault()
    {
        Answers((200, Token), (200, """{"apps":[{"name":"shop","id":7}]}"""), (200, Token), (200, """{"fault":"no","parts":[{"kind":"secret","value":"canary-new-51be"}]}"""));

        Assert.IsType<IssueOutcome.Unknown>(await IssueAsync());
    }

    [Fact]
    public async Task Is_told_by_its_own_header_how_long_to_stay_away()
    {
        Answers((200, Token), (200, """{"apps":[{"name":"shop","id":7}]}"""), (200, Token), (429, ""));

        Assert.Equal(new IssueOutcome.Throttled(TimeSpan.FromSeconds(41)), await IssueAsync());
    }

    [Fact]
    public async Task Tries_the_parts_of_what_consumers_read()
    {
        Answers((200, "{}"));

        var works = Assert.IsType<ProbeOutcome.Works>(await ProbeAsync("""{"key":{"id":"k-9","secret":"canary-new-51be"},"app":"shop"}"""));

        Assert.Equal("k-9", works.CredentialId);
        Assert.Equal($"Basic {Convert.ToBase64String("k-9:canary-new-51be"u8)}", _world.Wire.Only.Headers["Authorization"]);
    }

    [Theory]
    [InlineData("canary-new-51be")]
    [InlineData("""{"key":"canary-new-51be"}""")]
    public async Task Learns_nothing_of_a_value_in_another_form(string value)
    {
        Assert.IsType<ProbeOutcome.Unknown>(await ProbeAsync(value));
        Assert.Empty(_world.Wire.Sent);
    }

    [Fact]
    public async Task Takes_a_success_that_says_not_yet_for_a_refusal()
    {
        Answers((200, """{"state":"spreading"}"""));

        Assert.IsType<ProbeOutcome.Refused>(await ProbeAsync("""{"key":{"id":"k-9","secret":"canary-new-51be"}}"""));
    }

    [Fact]
    public async Task Is_disabled_first_and_deleted_when_the_hold_is_over()
    {
        Answers((200, Token), (200, """{"on":true,"changed":"2026-03-01T00:00:00Z"}"""), (200, Token), (200, "{}"));
        Assert.Equal(new RetireOutcome.Throttled(TimeSpan.FromHours(1)), await RetireAsync());
        Assert.Equal("https://api.sample.example/keys/k-1/off", _world.Wire.Sent[^1].Address);

        Answers((200, Token), (200, """{"on":false,"changed":"2026-03-01T11:30:00Z"}"""));
        Assert.Equal(new RetireOutcome.Throttled(TimeSpan.FromMinutes(30)), await RetireAsync());

        Answers((200, Token), (200, """{"on":false,"changed":"2026-03-01T10:00:00Z"}"""), (200, Token), (204, ""), (200, Token), (200, """{"keys":[{"id":"k-2","name":"x"}]}"""));
        Assert.IsType<RetireOutcome.Retired>(await RetireAsync());
        Assert.Contains(_world.Wire.Sent, sent => sent is { Method: "DELETE", Address: "https://api.sample.example/keys/k-1" });
    }

    [Fact]
    public async Task Is_not_retired_while_the_list_still_shows_it()
    {
        Answers((200, Token), (200, """{"on":false,"changed":"2026-03-01T10:00:00Z"}"""), (200, Token), (204, ""), (200, Token), (200, """{"keys":[{"id":"k-1","name":"x"}]}"""));

        Assert.IsType<RetireOutcome.Unknown>(await RetireAsync());
    }

    [Fact]
    public async Task Is_listed_over_every_page()
    {
        Answers((200, Token), (200, """{"keys":[{"id":"k-1","name":"a"},{"id":"k-2","name":"b"}],"next":"/keys?size=2&from=2"}"""), (200, Token), (200, """{"keys":[{"id":"k-3","name":"c"}],"next":null}"""));

        Assert.Equal(["k-1", "k-2", "k-3"], (await Provider.ListAsync(At, Stop))!.Select(listed => listed.Id));
        Assert.Equal("https://api.sample.example/keys?size=2&from=2", _world.Wire.Sent[^1].Address);
    }

    [Theory]
    [InlineData("https://evil.example/keys")]
    [InlineData("http://api.sample.example/keys")]
    [InlineData("https://api.sample.example:8443/keys")]
    [InlineData("https://user@api.sample.example/keys")]
    [InlineData("//evil.example/keys")]
    [InlineData("http://127.0.0.1:8080/keys")]
    [InlineData("https://other.tenant.example/keys")]
    [InlineData("https://api.sample.example/keys?size=2")]
    public async Task Sends_its_management_credential_to_no_page_elsewhere_and_asks_none_twice(string next)
    {
        Answers((200, Token), (200, $$"""{"keys":[{"id":"k-1","name":"a"}],"next":"{{next}}"}"""), (200, Token), (200, $$"""{"keys":[{"id":"k-2","name":"a"}],"next":"{{next}}"}"""));

        var trouble = await Assert.ThrowsAsync<RemoteTroubleException>(() => Provider.ListAsync(At, Stop));

        Assert.Equal(RemoteTrouble.Unknown, trouble.Trouble);
        Assert.All(_world.Wire.Sent, sent => Assert.StartsWith("https://api.sample.example/", sent.Address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lets_nothing_secret_into_a_log()
    {
        Answers((200, Token), (200, """{"apps":[{"name":"shop","id":7}]}"""), (200, Token), (400, """{"code":"canary-token"}"""));

        var rejected = Assert.IsType<IssueOutcome.Rejected>(await IssueAsync());

        Assert.DoesNotContain("canary", $"{rejected}", StringComparison.Ordinal);
        Assert.DoesNotContain(_world.Logs.Lines, line => line.Contains("canary", StringComparison.Ordinal));
    }

    private Task<IssueOutcome> IssueAsync() => Provider.IssueAsync(At, ProviderWorld.Ticket, Stop);

    private Task<ProbeOutcome> ProbeAsync(string value) => Provider.VerifyAsync(At, new Candidate(null, new SecretText(value)), Stop);

    private Task<RetireOutcome> RetireAsync() => Provider.RetireAsync(At, new RetireTicket("k-1", null), Stop);

    /// <summary>One answer after the other; nothing beyond the last may be asked for.</summary>
    private void Answers(params (int Status, string Body)[] answers)
    {
        var next = new Queue<(int Status, string Body)>(answers);
        _world.Wire.Answer = _ =>
        {
            var (status, body) = next.Dequeue();
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            response.Headers.Add("X-Key-Id", "k-9");
            response.Headers.Add("X-Reset", "41");
            response.Headers.Date = _world.Clock.GetUtcNow();
            return Task.FromResult(response);
        };
    }
}
