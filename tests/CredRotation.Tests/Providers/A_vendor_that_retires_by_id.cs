using CredRotation.Engine;

namespace CredRotation.Tests.Providers;

public sealed class A_vendor_that_retires_by_id : IDisposable
{
    private const string File =
        """
        {
          "schemaVersion": 1,
          "provider": "sample-key", // comments are allowed
          "parameters": { "account": { "type": "string" }, "days": { "type": "integer", "default": "30" }, "path": { "type": "string", "default": "v2/keys" } },
          "allowedHosts": [ "api.sample.example" ],
          "capabilities": {
            "topology": "overlap", "oldValidity": { "mode": "until-retired" }, "retireBy": "id",
            "issueReplay": "idempotency-key", "idempotencyWindow": "PT24H", "list": "none", "activationDelayMax": "PT1M30S"
          },
          "auth": {
            "management": { "kind": "basic", "user": "{{p.account}}", "password": "{{vault:main}}" },
            "candidate": { "kind": "bearer", "token": "{{new.id}}.{{new.secret}}" }
          },
          "operations": {
            "issue": {
              "request": {
                "method": "POST", "url": "https://api.sample.example/{{p.path|raw}}?for={{target}}",
                "headers": { "Idempotency-Key": "{{idempotencyKey}}" },
                "body": { "kind": "json", "value": {
                  "name": "{{marker}}", "days": "{{p.days|number}}", "try": "{{attempt|number}}", "ends": "{{expiresOn|unixSeconds}}", "day": "{{expiresOn|date}}",
                  "at": "until {{expiresOn|iso8601}}", "scopes": [ "read", 1, true, null ] } }
              },
              "success": { "status": [ 201 ], "require": [ { "pointer": "/errors", "absent": true }, { "pointer": "/count", "lessOrEqual": 2 } ] },
              "extract": { "id": { "pointer": "/id" }, "secret": { "pointer": "/secret" }, "expiresAt": { "pointer": "/ends", "format": "unixSeconds" },
                           "oldValidUntil": { "pointer": "/old/ends" } }
            },
            "verify": { "request": { "method": "GET", "url": "https://api.sample.example/me" }, "success": { "status": [ 204 ] } },
            "retire": {
              "request": { "method": "POST", "url": "https://api.sample.example/v2/keys/{{old.id}}/end", "body": { "kind": "form", "value": { "Reason": "{{target}} & more" } } },
              "success": { "status": [ 200, 204 ] }, "alreadyGone": { "status": [ 404 ] }
            }
          },
          "errors": [
            { "status": [ 403 ], "class": "noCapacity", "code": "/error/code", "codes": [ "cap" ] },
            { "status": [ 409 ], "class": "conflict" },
            { "status": [ 400, 401, 403 ], "class": "rejected", "code": "/error/code" }
          ]
        }
        """;

    private readonly ProviderWorld _world = new(File);

    private ICredentialProvider Provider => _world.Catalog.Find("sample-key")!;

    private static ProviderTarget At { get; } = new(
        "sample",
        "till 7&x",
        new Dictionary<string, string> { ["account"] = "AC1" },
        new Dictionary<string, SecretText> { ["main"] = new(ProviderWorld.ManagementKey) });

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Sends_typed_json_with_basic_auth_and_reads_everything()
    {
        _world.Wire.Answers(201, """{"id":42,"secret":"canary-new-51be","ends":1780272000,"old":{"ends":"2026-03-08T12:00:00+02:00"},"count":2,"errors":null}""");

        var outcome = Assert.IsType<IssueOutcome.Issued>(await Provider.IssueAsync(At, ProviderWorld.Ticket, TestContext.Current.CancellationToken));

        Assert.Equal("42", outcome.Id);
        Assert.Equal(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero), outcome.ExpiresOn);
        Assert.Equal(new DateTimeOffset(2026, 3, 8, 10, 0, 0, TimeSpan.Zero), outcome.OldValidUntil);
        var sent = _world.Wire.Only;
        Assert.Equal("https://api.sample.example/v2/keys?for=till%207%26x", sent.Address);
        Assert.Equal("token-1", sent.Headers["Idempotency-Key"]);
        Assert.Equal("application/json", sent.Headers["Content-Type"]);
        Assert.Equal($"Basic {Convert.ToBase64String("AC1:canary-management-7f3a"u8)}", sent.Headers["Authorization"]);
        Assert.Equal(
            """{"name":"rot-abc123-x-2","days":30,"try":2,"ends":1780272000,"day":"2026-06-01","at":"until 2026-06-01T00:00:00Z","scopes":["read",1,true,null]}""",
            sent.Body);
    }

    [Theory]
    [InlineData(201, """{"id":"k","secret":"s3cret","ends":1780272000,"old":{"ends":"2026-03-08T12:00:00Z"},"count":3}""", typeof(IssueOutcome.Unknown))]
    [InlineData(201, """{"id":"k","secret":"s3cret","ends":1780272000,"old":{"ends":"2026-03-08T12:00:00Z"},"count":1,"errors":[]}""", typeof(IssueOutcome.Unknown))]
    [InlineData(201, """{"id":"k","secret":"s3cret","ends":"later","old":{"ends":"2026-03-08T12:00:00Z"},"count":1}""", typeof(IssueOutcome.Unknown))]
    [InlineData(201, """{"id":"s3cret","secret":"s3cret","ends":1780272000,"old":{"ends":"2026-03-08T12:00:00Z"},"count":1}""", typeof(IssueOutcome.Unknown))]
    [InlineData(201, """{"secret":"s3cret","ends":1780272000,"old":{"ends":"2026-03-08T12:00:00Z"},"count":1}""", typeof(IssueOutcome.Unknown))]
    [InlineData(403, """{"error":{"code":"cap"}}""", typeof(IssueOutcome.NoCapacity))]
    [InlineData(403, """{"error":{"code":"role"}}""", typeof(IssueOutcome.Rejected))]
    [InlineData(409, "", typeof(IssueOutcome.Unknown))]
    [InlineData(429, "", typeof(IssueOutcome.Throttled))]
    public async Task Takes_an_answer_for_what_the_file_says(int status, string body, Type outcome)
    {
        _world.Wire.Answers(status, body);

        Assert.IsType(outcome, await Provider.IssueAsync(At, ProviderWorld.Ticket, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(200, typeof(RetireOutcome.Retired))]
    [InlineData(204, typeof(RetireOutcome.Retired))]
    [InlineData(404, typeof(RetireOutcome.AlreadyGone))]
    [InlineData(401, typeof(RetireOutcome.Rejected))]
    [InlineData(429, typeof(RetireOutcome.Throttled))]
    [InlineData(303, typeof(RetireOutcome.Unknown))]
    [InlineData(500, typeof(RetireOutcome.Unknown))]
    public async Task Retires_exactly_the_id_it_is_given(int status, Type outcome)
    {
        _world.Wire.Answers(status);

        Assert.IsType(outcome, await Provider.RetireAsync(At, new RetireTicket("old/9", null), TestContext.Current.CancellationToken));

        Assert.Equal(("POST", "https://api.sample.example/v2/keys/old%2F9/end", "Reason=till+7%26x+%26+more"), (_world.Wire.Only.Method, _world.Wire.Only.Address, _world.Wire.Only.Body));
    }

    [Fact]
    public async Task Sends_nothing_when_no_id_is_known()
    {
        var outcome = await Provider.RetireAsync(At, new RetireTicket(null, new SecretText(ProviderWorld.OldKey)), TestContext.Current.CancellationToken);

        Assert.Equal(new RetireOutcome.Rejected("not-sent.missing.old.id"), outcome);
        Assert.Empty(_world.Wire.Sent);
    }

    [Fact]
    public async Task Tries_the_candidate_as_the_bearer()
    {
        _world.Wire.Answers(204);

        Assert.IsType<ProbeOutcome.Works>(await Provider.VerifyAsync(At, new Candidate("k7", new SecretText(ProviderWorld.NewKey)), TestContext.Current.CancellationToken));

        Assert.Equal("Bearer k7.canary-new-51be", _world.Wire.Only.Headers["Authorization"]);
    }
}
