using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Sandbox.World;
using CredRotation.Testing;
using CredRotation.Tests.Runbooks;

namespace CredRotation.Tests.Functions;

/// <summary>The whole app against the whole sandbox over HTTPS: a secret without tags is adopted by call, by page, by sheet and by runbook.</summary>
public sealed class An_adoption_over_http : IAsyncLifetime
{
    private const string Operator = "operator", Owner = "owner-1";
    private const string Patch = $"vault.patch@{SandboxNames.PaymentsVault}";

    private static readonly string[] s_columns = ["vault", "secret", "account", "target", "owner", "policy"];

    private readonly RunbookWorld _world = new();
    private Dictionary<string, string> _ask = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private VaultVersion Current => _world.Sandbox.Vault.Get(SecretName.HostOf(_world.Sandbox.VaultUri(SandboxNames.PaymentsVault)), SandboxNames.PaymentSecret, null, new VaultCaller("sandbox", "look")).Value!;

    private int Patches => _world.Sandbox.Faults.Operations.Count(operation => operation == Patch);

    public async ValueTask InitializeAsync()
    {
        await _world.InitializeAsync();
        // As it was before anybody thought of rotating it: the same value, no tag, no end.
        var tagged = Current;
        _world.Sandbox.Put(SandboxNames.PaymentsVault, SandboxNames.PaymentSecret, tagged.Value, null);
        _ask = new Dictionary<string, string>
        {
            ["vault"] = _world.Sandbox.VaultUri(SandboxNames.PaymentsVault).AbsoluteUri,
            ["secret"] = SandboxNames.PaymentSecret,
            ["account"] = tagged.Tags["rotate-account"],
            ["target"] = tagged.Tags["rotate-target"],
            ["owner"] = tagged.Tags["rotate-owner"],
            ["policy"] = tagged.Tags["rotate-policy"],
            ["consumers"] = tagged.Tags["rotate-consumers"],
            ["expiresOn"] = "2027-03-04T05:06:07Z",
        };
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData(Operator)]
    [InlineData(Owner)]
    public async Task Shows_what_would_be_written_and_writes_it_once_it_is_sent_back(string person)
    {
        var (shown, proposal) = await PostAsync(person, _ask);
        Assert.Equal((HttpStatusCode.OK, "proposed", 5, 0), (shown, (string?)proposal["result"], proposal["tags"]!.AsArray().Count, Patches));

        var (done, adopted) = await PostAsync(person, new(_ask) { ["change"] = (string)proposal["change"]! });

        Assert.Equal((HttpStatusCode.Accepted, "adopted", 1), (done, (string?)adopted["result"], Patches));
        Assert.Equal((_ask["target"], "text/plain", new DateTimeOffset(2027, 3, 4, 5, 6, 7, TimeSpan.Zero).ToUnixTimeSeconds()), (Current.Tags["rotate-target"], Current.ContentType, Current.Expires));
        var row = await _world.UntilAsync(row => row is not null);
        Assert.Equal((_ask["target"], _ask["owner"]), (row.Binding.Target, row.Binding.OwnerGroup));
        Assert.DoesNotContain(Current.Value.RevealToRemote(), proposal.ToJsonString() + adopted.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_what_configuration_does_not_grant_and_says_the_remedy()
    {
        var (status, refused) = await PostAsync(Operator, new(_ask) { ["target"] = "S2-none" });

        Assert.Equal((HttpStatusCode.Conflict, "refused", 0), (status, (string?)refused["result"], Patches));
        Assert.Contains("widen Targets", (string?)refused["refusals"]![0]!["remedy"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agrees_to_nothing_but_what_was_shown()
    {
        var (status, _) = await PostAsync(Operator, new(_ask) { ["change"] = "0123456789abcdef" });

        Assert.Equal((HttpStatusCode.PreconditionFailed, 0), (status, Patches));
    }

    [Fact]
    public async Task Lets_only_an_owner_say_which_credential_is_in_use()
    {
        var (status, _) = await PostAsync(Operator, new(_ask) { ["credential"] = "any" });

        Assert.Equal(HttpStatusCode.Forbidden, status);
    }

    [Theory]
    [InlineData("auditor")]
    [InlineData("other-owner")]
    public async Task Is_not_open_to_others(string person) => Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(person, _ask)).Status);

    [Theory]
    [InlineData("expiresOn", "tomorrow")]
    [InlineData("vault", "payments")]
    [InlineData("owner", "")]
    public async Task Needs_members_that_can_be_meant(string name, string value)
        => Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(Operator, new(_ask) { [name] = value })).Status);

    [Fact]
    public async Task Takes_a_sheet_line_by_line()
    {
        var sheet = new StringBuilder("vault,secret,account,target,owner,policy,consumers\r\n")
            .Append(string.Join(',', s_columns.Select(name => _ask[name]))).Append(",\"").Append(_ask["consumers"]).Append("\"\r\n")
            .Append(_ask["vault"]).Append(",no-such-secret,").Append(_ask["account"]).Append(',').Append(_ask["target"]).Append(',').Append(_ask["owner"]).Append(",,\r\n")
            .Append("too,few\r\n").ToString();

        var (_, shown) = await PostAsync(Operator, new() { ["csv"] = sheet }, "api/adoptions/bulk");
        Assert.Equal(["proposed", "refused", "refused"], shown["lines"]!.AsArray().Select(line => (string?)line!["result"]));
        Assert.Equal([2L, 3L, 4L], shown["lines"]!.AsArray().Select(line => (long)line!["line"]!));
        Assert.Equal(0, Patches);
        var (_, done) = await PostAsync(Operator, new() { ["csv"] = sheet, ["change"] = (string)shown["change"]! }, "api/adoptions/bulk");

        Assert.Equal(["adopted", "refused", "refused"], done["lines"]!.AsArray().Select(line => (string?)line!["result"]));
        Assert.Equal(1, Patches);
    }

    [Fact]
    public async Task Has_a_page_that_asks_shows_and_adopts()
    {
        using var page = await _world.SendAsync(Owner, HttpMethod.Get, "api/pages/adopt");
        Assert.Contains("action=\"/api/adoptions\"", await page.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        using var shown = await FormAsync(Owner, _ask);
        var html = await shown.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        Assert.Contains("What would be written to the vault", html, StringComparison.Ordinal);
        var change = System.Text.RegularExpressions.Regex.Match(html, "name=\"change\" value=\"([0-9a-f]{16})\"").Groups[1].Value;
        using var adopted = await FormAsync(Owner, new(_ask) { ["change"] = change });

        Assert.Equal((HttpStatusCode.SeeOther, "/api/pages/credentials", 1), (adopted.StatusCode, adopted.Headers.Location?.OriginalString, Patches));
    }

    [Fact]
    public async Task Encodes_whatever_a_form_held()
    {
        using var shown = await FormAsync(Operator, new(_ask) { ["account"] = "\"><script>alert(1)</script>" });

        Assert.DoesNotContain("<script>alert", await shown.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Has_a_runbook_that_shows_first_and_then_adopts()
    {
        (string, object)[] parameters = [("Vault", _world.Sandbox.VaultUri(SandboxNames.PaymentsVault)), ("Secret", SandboxNames.PaymentSecret), ("Account", _ask["account"]), ("Target", _ask["target"]), ("Owner", Guid.Parse(_ask["owner"])), ("Policy", _ask["policy"]), ("Consumers", _ask["consumers"]), ("ExpiresOn", _ask["expiresOn"])];

        var shown = await _world.RunAsync("New-Adoption", [.. parameters, ("WhatIf", true)]);
        Assert.Null(shown.Failure);
        Assert.Equal(("Proposed", 0), ((string)Assert.Single(shown.Output).Properties["Outcome"].Value, Patches));
        Assert.Contains($"rotate-target={_ask["target"]}", (string)shown.Output[0].Properties["Written"].Value, StringComparison.Ordinal);
        var adopted = await _world.RunAsync("New-Adoption", parameters);
        var refused = await _world.RunAsync("New-Adoption", [.. parameters.Where(parameter => parameter.Item1 != "Target"), ("Target", "S2-none")]);

        Assert.Null(adopted.Failure);
        Assert.Equal(("Adopted", 1), ((string)Assert.Single(adopted.Output).Properties["Outcome"].Value, Patches));
        Assert.Contains("What to do next: Correct the tag", refused.Failure, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(string person, Dictionary<string, string> members, string path = "api/adoptions")
    {
        using var answer = await _world.SendAsync(person, HttpMethod.Post, path, HeadsWorld.Json(members));
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!);
    }

    private Task<HttpResponseMessage> FormAsync(string person, Dictionary<string, string> members)
        => _world.SendAsync(person, HttpMethod.Post, "api/adoptions", new FormUrlEncodedContent(members), isFromOurPage: true);
}
