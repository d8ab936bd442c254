using System.Text.Json;
using Azure;
using Azure.Security.KeyVault.Secrets;
using CredRotation.Sandbox.Systems;
using CredRotation.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>The real SDK against the vault server: what production code meets there is what it meets in Azure.</summary>
public sealed class A_vault_of_the_sandbox(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_a_secret_with_its_properties()
    {
        var secret = new KeyVaultSecret("kept", "value <&+ 1") { Properties = { ContentType = "text/plain", ExpiresOn = fixture.Clock.GetUtcNow().AddDays(20), Tags = { ["rotate-account"] = "adyen" } } };

        KeyVaultSecret written = await fixture.Client().SetSecretAsync(secret, Stop);
        KeyVaultSecret read = await fixture.Client().GetSecretAsync("KEPT", cancellationToken: Stop);

        Assert.Equal("value <&+ 1", read.Value);
        Assert.Equal(written.Properties.Version, read.Properties.Version);
        Assert.Equal(32, read.Properties.Version.Length);
        Assert.Equal("text/plain", read.Properties.ContentType);
        Assert.Equal("adyen", read.Properties.Tags["rotate-account"]);
        Assert.Equal(secret.Properties.ExpiresOn!.Value.ToUnixTimeSeconds(), read.Properties.ExpiresOn!.Value.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Carries_nothing_over_to_a_new_version_and_still_serves_the_old_one()
    {
        var client = fixture.Client();
        KeyVaultSecret first = await client.SetSecretAsync(new KeyVaultSecret("twice", "one") { Properties = { Tags = { ["a"] = "b" } } }, Stop);
        KeyVaultSecret second = await client.SetSecretAsync(new KeyVaultSecret("twice", "two"), Stop);

        KeyVaultSecret old = await client.GetSecretAsync("twice", first.Properties.Version, cancellationToken: Stop);

        Assert.Empty(second.Properties.Tags);
        Assert.Equal("one", old.Value);
        Assert.NotEqual(first.Properties.Version, second.Properties.Version);
    }

    [Fact]
    public async Task Lists_more_than_a_page_without_values()
    {
        var client = fixture.Client(vault: "staging");
        for (var number = 0; number < 53; number++) await client.SetSecretAsync($"many-{number}", "v", Stop);
        for (var number = 0; number < 30; number++) await client.SetSecretAsync("many-0", "v", Stop);

        var secrets = await client.GetPropertiesOfSecretsAsync(Stop).ToListAsync(Stop);
        var versions = await client.GetPropertiesOfSecretVersionsAsync("many-0", Stop).ToListAsync(Stop);

        Assert.Equal(53, secrets.Select(item => item.Name).Distinct().Count());
        Assert.All(secrets, item => Assert.Null(item.Version));
        Assert.Equal(31, versions.Select(item => item.Version).Distinct().Count());
    }

    [Fact]
    public async Task Refuses_a_disabled_newest_version_instead_of_falling_back()
    {
        var client = fixture.Client();
        await client.SetSecretAsync("disabled", "one", Stop);
        KeyVaultSecret newest = await client.SetSecretAsync("disabled", "two", Stop);
        newest.Properties.Enabled = false;
        await client.UpdateSecretPropertiesAsync(newest.Properties, Stop);

        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => client.GetSecretAsync("disabled", cancellationToken: Stop));

        Assert.Equal((403, "Forbidden"), (refused.Status, refused.ErrorCode));
        Assert.Equal("SecretDisabled", JsonDocument.Parse(refused.GetRawResponse()!.Content).RootElement.GetProperty("error").GetProperty("innererror").GetProperty("code").GetString());
        Assert.Contains(await client.GetPropertiesOfSecretsAsync(Stop).ToListAsync(Stop), item => item is { Name: "disabled", Enabled: false });
    }

    [Fact]
    public async Task Keeps_a_deleted_name_until_it_is_recovered()
    {
        var client = fixture.Client();
        await client.SetSecretAsync("gone", "one", Stop);
        var deletion = await client.StartDeleteSecretAsync("gone", Stop);

        var missing = await Assert.ThrowsAsync<RequestFailedException>(() => client.GetSecretAsync("gone", cancellationToken: Stop));
        var taken = await Assert.ThrowsAsync<RequestFailedException>(() => client.SetSecretAsync("gone", "two", Stop));
        await client.StartRecoverDeletedSecretAsync("gone", Stop);
        KeyVaultSecret back = await client.GetSecretAsync("gone", cancellationToken: Stop);

        Assert.NotNull(deletion.Value.ScheduledPurgeDate);
        Assert.Equal((404, "SecretNotFound"), (missing.Status, missing.ErrorCode));
        Assert.Equal((409, "Conflict"), (taken.Status, taken.ErrorCode));
        Assert.Equal("one", back.Value);
    }

    [Fact]
    public async Task Tells_a_caller_without_a_role_apart()
    {
        await fixture.Client().SetSecretAsync("anyone", "v", Stop);
        fixture.Model.Restrict(new Uri(fixture.Client(vault: "staging").VaultUri.ToString()).Authority, SandboxSignIn.RotatorApp);

        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => fixture.Client(SandboxSignIn.CheckoutApp, "staging").GetSecretAsync("anyone", cancellationToken: Stop));

        Assert.Equal(403, refused.Status);
        Assert.Contains("ForbiddenByRbac", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Challenges_only_who_brings_no_token()
    {
        using var bare = await fixture.Http.GetAsync(new Uri(fixture.Vault, "secrets/x?api-version=7.6"), Stop);
        using var wrong = new HttpRequestMessage(HttpMethod.Get, new Uri(fixture.Vault, "secrets/x/?api-version=7.6")) { Headers = { { "Authorization", "Bearer nonsense" } } };

        using var answer = await fixture.Http.SendAsync(wrong, Stop);

        Assert.Equal(401, (int)bare.StatusCode);
        Assert.Contains("resource=\"https://vault.azure.net\"", bare.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal(404, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Dates_its_answers_by_the_sandbox_clock_and_logs_who_asked()
    {
        fixture.Clock.JumpTo(fixture.Clock.GetUtcNow().AddDays(3));
        var response = await fixture.Client().SetSecretAsync(new KeyVaultSecret("dated", "v"), Stop);

        var logged = Assert.Single(fixture.Model.Requests, request => request is { Operation: "SecretSet", Secret: "dated" });

        Assert.InRange(response.GetRawResponse().Headers.Date!.Value, fixture.Clock.GetUtcNow().AddMinutes(-1), fixture.Clock.GetUtcNow().AddMinutes(1));
        Assert.Equal(SandboxSignIn.RotatorApp, logged.Caller);
        Assert.Equal(response.GetRawResponse().ClientRequestId, logged.ClientRequestId);
        Assert.Equal(response.Value.Properties.Version, logged.Version);
    }

    [Theory]
    [InlineData("drop-before", false)]
    [InlineData("drop-after", true)]
    [InlineData("garbage", true)]
    public async Task Breaks_as_it_is_told(string kind, bool happened)
    {
        var name = $"broken-{kind}";
        Fault fault = kind switch { "drop-before" => new Fault.DropBefore(), "drop-after" => new Fault.DropAfter(), _ => new Fault.Garbage() };
        await fixture.Client().SetSecretAsync("connected", "v", Stop);
        fixture.Faults.Add("vault.write", fault);

        await Assert.ThrowsAnyAsync<Exception>(() => fixture.Client().SetSecretAsync(name, "v", Stop));

        fixture.Faults.Clear();
        Assert.Equal(happened, fixture.Model.Get(fixture.Host, name, null, new VaultCaller("test", "")).IsOk);
    }
}
