namespace CredRotation.Tests.Providers;

public sealed class A_provider_that_hears_secrets : IDisposable
{
    private readonly ProviderWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(422)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task Repeats_none_in_outcomes_or_logs_although_the_remote_echoes_them(int status)
    {
        const string all = $"{ProviderWorld.ManagementKey} {ProviderWorld.NewKey}";
        _world.Wire.Answers(status, $$"""{"apiKey":"{{ProviderWorld.NewKey}}","errorCode":"{{all}}","id":"{{ProviderWorld.Target}}","active":true,"companyName":"{{all}}"}""");

        object[] told = [await _world.IssueAsync(), await _world.VerifyAsync(), await _world.CheckTargetAsync(), .. _world.Logs.Lines];

        Assert.NotEmpty(_world.Logs.Lines);
        Assert.DoesNotContain(told, word => word.ToString()!.Contains("canary", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Repeats_none_of_an_exceptions_words()
    {
        _world.Wire.Answer = _ => throw new HttpRequestException($"{ProviderWorld.ManagementKey} {ProviderWorld.NewKey}");

        object[] told = [await _world.IssueAsync(), await _world.VerifyAsync(), await _world.CheckTargetAsync(), .. _world.Logs.Lines];

        Assert.DoesNotContain(told, word => word.ToString()!.Contains("canary", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Writes_neither_addresses_nor_headers_at_any_level()
    {
        _world.Wire.Answers(401);

        await _world.IssueAsync();

        Assert.DoesNotContain(_world.Logs.Lines, line => line.Contains("X-API-Key", StringComparison.OrdinalIgnoreCase) || line.Contains("https://", StringComparison.Ordinal));
    }
}
