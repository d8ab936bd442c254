using Azure.Core.Pipeline;
using CredRotation.Adapters.KeyVault;
using CredRotation.Engine;
using CredRotation.Sandbox.Systems;
using CredRotation.Testing;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Sandbox;

/// <summary>What the app's own adapter makes of the vault server's refusals.</summary>
public sealed class A_vault_that_is_busy_or_keeps_a_deleted_name(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_throttled_for_as_long_as_it_says_and_not_asked_again_at_once()
    {
        await fixture.Client().SetSecretAsync("busy", "v", Stop);
        fixture.Faults.Add("vault.read@payments", KnownFaults.VaultThrottled(TimeSpan.FromSeconds(7)));
        var before = fixture.Faults.Operations.Count;

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => Vault().ReadCurrentAsync(Name("busy"), "rot-test-1", Stop));

        Assert.Equal((RemoteTrouble.Throttled, TimeSpan.FromSeconds(7)), (thrown.Trouble, thrown.RetryAfter));
        Assert.Equal(before + 1, fixture.Faults.Operations.Count);
        Assert.Equal("v", (await Vault().ReadCurrentAsync(Name("busy"), "rot-test-2", Stop)).Value.RevealToRemote());
    }

    [Fact]
    public async Task May_be_throttled_without_saying_how_long()
    {
        fixture.Faults.Add("vault.write", KnownFaults.VaultThrottled());

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => WriteAsync("unsaid"));

        Assert.Equal((RemoteTrouble.Throttled, null), (thrown.Trouble, thrown.RetryAfter));
        Assert.False(fixture.Model.Get(fixture.Host, "unsaid", null, new VaultCaller("test", "")).IsOk);
    }

    [Fact]
    public async Task Refuses_a_soft_deleted_name_until_it_is_recovered()
    {
        await WriteAsync("kept");
        await fixture.Client().StartDeleteSecretAsync("kept", Stop);

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => WriteAsync("kept"));
        await fixture.Client().StartRecoverDeletedSecretAsync("kept", Stop);

        Assert.Equal(RemoteTrouble.Deleted, thrown.Trouble);
        Assert.Contains("Recover or purge", thrown.Message, StringComparison.Ordinal);
        await WriteAsync("kept");
    }

    [Theory]
    [InlineData("soft-deleted", "ObjectIsDeletedButRecoverable")]
    [InlineData("being-deleted", "ObjectIsBeingDeleted")]
    [InlineData("being-recovered", "ObjectIsBeingRecovered")]
    public async Task Tells_the_three_states_of_a_deleted_name_apart(string state, string code)
    {
        fixture.Faults.Add("vault.write", state switch { "soft-deleted" => KnownFaults.VaultSoftDeleted, "being-deleted" => KnownFaults.VaultBeingDeleted, _ => KnownFaults.VaultBeingRecovered });

        var thrown = await Assert.ThrowsAsync<RemoteTroubleException>(() => WriteAsync("state"));

        Assert.Equal(RemoteTrouble.Deleted, thrown.Trouble);
        Assert.Contains(code, thrown.Message, StringComparison.Ordinal);
    }

    private Task<string> WriteAsync(string name)
        => Vault().WriteAsync(Name(name), new VaultWrite(new SecretText("value"), "text/plain", null, new Dictionary<string, string>()), "rot-test", Stop);

    private SecretName Name(string name) => SecretName.Of(fixture.Vault, name);

    private KeyVaultCredentialVault Vault()
    {
        var options = Options.Create(new RotationOptions());
        var factory = new KeyVaultClientFactory(new SandboxTokenCredential(fixture.TokenOf(SandboxSignIn.RotatorApp)), options)
        {
            Configure = client =>
            {
                client.Transport = new HttpClientTransport(fixture.Http);
                client.DisableChallengeResourceVerification = true;
            },
        };
        return new KeyVaultCredentialVault(factory, options);
    }
}
