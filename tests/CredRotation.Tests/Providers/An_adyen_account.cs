using CredRotation.Engine;

namespace CredRotation.Tests.Providers;

public sealed class An_adyen_account : IDisposable
{
    private readonly ProviderWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Is_asked_for_a_new_key_exactly_as_documented()
    {
        _world.Wire.Answers(200, $$"""{"apiKey":"{{ProviderWorld.NewKey}}"}""");

        var outcome = Assert.IsType<IssueOutcome.Issued>(await _world.IssueAsync());

        Assert.Equal(ProviderWorld.NewKey, outcome.Value.RevealToRemote());
        Assert.Equal((null, null, null), (outcome.Id, outcome.ExpiresOn, outcome.OldValidUntil));
        var sent = _world.Wire.Only;
        Assert.Equal("POST", sent.Method);
        Assert.Equal("https://management-test.adyen.com/v3/merchants/Acme-EU/apiCredentials/S2-6262224667/generateApiKey", sent.Address);
        Assert.Equal(["Accept", "Content-Length", "X-API-Key"], sent.Headers.Keys.Order());
        Assert.Equal("0", sent.Headers["Content-Length"]);
        Assert.Equal(ProviderWorld.ManagementKey, sent.Headers["X-API-Key"]);
        Assert.Equal("", sent.Body);
    }

    [Fact]
    public async Task Is_asked_who_the_new_key_is_with_the_new_key_only()
    {
        _world.Wire.Answers(200, """{"id":"S2-6262224667","active":true,"companyName":"Acme"}""");

        var outcome = Assert.IsType<ProbeOutcome.Works>(await _world.VerifyAsync());

        Assert.Equal("Acme", outcome.Identity);
        var sent = _world.Wire.Only;
        Assert.Equal(("GET", "https://management-test.adyen.com/v3/me", null), (sent.Method, sent.Address, sent.Body));
        Assert.Equal(ProviderWorld.NewKey, sent.Headers["X-API-Key"]);
        Assert.DoesNotContain(sent.Headers, header => header.Value.Contains(ProviderWorld.ManagementKey, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Is_looked_at_with_the_management_key()
    {
        _world.Wire.Answers(200, """{"id":"S2-6262224667","active":true}""");

        Assert.IsType<TargetOutcome.Readable>(await _world.CheckTargetAsync());

        var sent = _world.Wire.Only;
        Assert.Equal(("GET", "https://management-test.adyen.com/v3/merchants/Acme-EU/apiCredentials/S2-6262224667"), (sent.Method, sent.Address));
        Assert.Equal(ProviderWorld.ManagementKey, sent.Headers["X-API-Key"]);
    }

    [Fact]
    public async Task Retires_by_its_timer_and_cannot_tell_what_became_of_a_lost_answer()
    {
        var (provider, target, stop) = (_world.Adyen, ProviderWorld.At(), TestContext.Current.CancellationToken);

        Assert.IsType<RetireOutcome.EndsByTimer>(await provider.RetireAsync(target, new RetireTicket(null, new SecretText(ProviderWorld.OldKey)), stop));
        Assert.IsType<RecoverOutcome.Indeterminate>(await provider.RecoverAsync(target, ProviderWorld.Ticket, stop));
        Assert.Null(await provider.ListAsync(target, stop));
        Assert.Empty(_world.Wire.Sent);
    }

    [Fact]
    public void States_its_traits_and_the_one_management_credential_it_needs()
    {
        var traits = _world.Adyen.Describe(ProviderWorld.At().Parameters);

        Assert.Equal(["management"], _world.Adyen.SecretNames);
        Assert.Equal(
            new ProviderTraits
            {
                Topology = Topology.Overlap,
                IssueReplay = IssueReplay.ReissueOrphanExpires,
                OldValidity = OldValidity.Timer,
                ClockStart = ClockStart.Issue,
                OldLife = TimeSpan.FromHours(24),
                RetireBy = RetireBy.TimerOnly,
                ActivationDelayMax = TimeSpan.FromMinutes(15),
                RetireDelayMax = TimeSpan.FromMinutes(5),
                ForbiddenProvesAlive = true,
            },
            traits);
    }

    [Theory]
    [InlineData("PT90S")]
    [InlineData("00:01:30")]
    public void May_say_how_long_the_old_key_lives(string life)
        => Assert.Equal(TimeSpan.FromSeconds(90), _world.Adyen.Describe(ProviderWorld.At(parameters: ("oldLife", life)).Parameters).OldLife);

    [Theory]
    [InlineData("merchantId", null, "merchantId is missing for adyen-merchant-api-key. Set it to a text of 1 to 200 characters without control characters.")]
    [InlineData("merchantid", "x", "merchantid is not known to adyen-merchant-api-key.")]
    [InlineData("oldLife", "a day", "oldLife is not usable by adyen-merchant-api-key. Set it to a duration such as PT15M or 00:15:00, at most 3650 days.")]
    [InlineData("oldLife", "PT0S", "oldLife is zero.")]
    [InlineData("oldLife", "P1Y", "oldLife is not usable")]
    [InlineData("baseUrl", "https://evil.example/v3", "baseUrl leads to a host that adyen-merchant-api-key may not call. Use https and one of management-test.adyen.com, management-live.adyen.com, this machine (loopback).")]
    [InlineData("baseUrl", "http://management-live.adyen.com/v3", "baseUrl leads to a host")]
    [InlineData("baseUrl", "https://management-live.adyen.com:8443/v3", "baseUrl leads to a host")]
    [InlineData("baseUrl", "https://localhost.evil.example/v3", "baseUrl leads to a host")]
    [InlineData("baseUrl", "https://user:pw@management-live.adyen.com/v3", "baseUrl is not usable")]
    [InlineData("baseUrl", "/v3", "baseUrl is not usable")]
    public void Is_told_what_is_wrong_with_its_parameters(string name, string? value, string expected)
    {
        var parameters = new Dictionary<string, string>(ProviderWorld.At().Parameters);
        if (value is null) parameters.Remove(name);
        else parameters[name] = value;

        var fault = Assert.Single(_world.Adyen.Validate(parameters));

        Assert.StartsWith(expected, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080/v3")]
    [InlineData("https://localhost:7443/v3/")]
    [InlineData("http://[::1]:5080/v3")]
    public async Task May_stand_on_this_machine(string baseUrl)
    {
        _world.Wire.Answers(200, $$"""{"apiKey":"{{ProviderWorld.NewKey}}"}""");
        var target = ProviderWorld.At(parameters: ("baseUrl", baseUrl));

        Assert.Empty(_world.Adyen.Validate(target.Parameters));
        Assert.IsType<IssueOutcome.Issued>(await _world.IssueAsync(target));

        Assert.Equal($"{baseUrl.TrimEnd('/')}/merchants/Acme-EU/apiCredentials/S2-6262224667/generateApiKey", _world.Wire.Only.Address);
    }

    [Fact]
    public void Is_restored_as_the_plan_froze_it()
    {
        var provider = _world.Adyen;
        var frozen = provider.Configuration.Replace("PT24H", "PT12H", StringComparison.Ordinal);

        Assert.Same(provider, _world.Catalog.Restore(provider.Kind, provider.Configuration));
        var restored = _world.Catalog.Restore(provider.Kind, frozen);

        Assert.Equal(frozen, restored.Configuration);
        Assert.Equal(TimeSpan.FromHours(12), restored.Describe(ProviderWorld.At().Parameters).OldLife);
    }
}
