using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class Tags_that_ask_for_too_much : EngineTest
{
    public static TheoryData<string, string?, string> Wrong => new()
    {
        { "rotate-account", null, "tag-account-missing" },
        { "rotate-account", "nobody", "tag-account-unknown" },
        { "rotate-account", "gateway-main\nX: y", "tag-account-missing" },
        { "rotate-account", "<script>alert(1)</script>", "tag-account-missing" },
        { "rotate-target", null, "tag-target-missing" },
        { "rotate-target", "S2-TOOSHORT", "tag-target-not-granted" },
        { "rotate-target", "S2-5B4C3D2E1F/../../me", "tag-target-not-granted" },
        { "rotate-target", "S2-5B4C3D2E1F{{vault:management}}", "tag-target-missing" },
        { "rotate-owner", "33333333-3333-3333-3333-333333333333", "tag-owner-not-granted" },
        { "rotate-owner", "", "tag-owner-missing" },
        { "rotate-policy", "generous", "tag-policy-unknown" },
        { "rotate-consumers", "https://evil.example.com/hook", "tag-consumer-unknown" },
        { "rotate-consumers", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v", "tag-consumers-many" },
        { "rotate-everything", "yes", "tag-unknown" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Are_a_finding_that_names_tag_and_fix_and_never_a_rotation(string tag, string? value, string code)
    {
        var tags = RotationWorld.Tags();
        tags.Remove(tag);
        if (value is not null) tags[tag] = value;
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("another-value"), World.Clock.GetUtcNow().AddDays(3), tags);

        await World.SweepAsync(Cancel);

        Assert.Null(await World.Host.Registry.FindAsync(World.Credential, Cancel));
        var findings = await World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel);
        var finding = Assert.Single(findings, found => found.Finding.Code == code).Finding;
        Assert.NotEmpty(finding.Remedy);
        Assert.Contains(tag == "rotate-policy" ? "generous" : tag.StartsWith("rotate-consumers", StringComparison.Ordinal) ? "onsumer" : tag, finding.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', finding.Detail);
        Assert.Empty(World.Gateway.Requests);
    }

    [Fact]
    public async Task In_another_vault_never_reach_the_account_of_the_first()
    {
        World.ByHand(RotationWorld.OtherHost, RotationWorld.SecretNameText, new SecretText("stolen"), World.Clock.GetUtcNow().AddDays(3), RotationWorld.Tags());
        World.Vaults.Set(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new VaultContent(new SecretText("plain"), null, true, null, null, new Dictionary<string, string>()), new VaultCaller("person", "x"));

        await World.SweepAsync(Cancel);

        var finding = Assert.Single(await World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => found.Finding.Code.StartsWith("tag-", StringComparison.Ordinal));
        Assert.Equal("tag-account-not-granted", finding.Finding.Code);
        Assert.Equal(RotationWorld.OtherHost, finding.About.VaultHost);
        Assert.Empty(World.Gateway.Requests);
    }

    [Fact]
    public async Task Cannot_take_a_target_that_another_credential_has()
    {
        await World.SweepAsync(Cancel);
        World.ByHand(RotationWorld.PaymentsHost, "second-secret", new SecretText("x1"), World.Clock.GetUtcNow().AddDays(3), RotationWorld.Tags());

        await World.SweepAsync(Cancel);

        var finding = Assert.Single(await World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => found.Finding.Code == "target-taken");
        Assert.Equal("second-secret", finding.About.Name);
        Assert.Single(await World.Host.Registry.ListAsync(Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Lost_by_a_hand_made_version_leave_the_credential_managed_with_a_finding()
    {
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("first"), World.Clock.GetUtcNow().AddDays(60), RotationWorld.Tags());
        await World.SweepAsync(Cancel);
        World.Clock.Advance(TimeSpan.FromMinutes(1));
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("by hand"), World.Clock.GetUtcNow().AddDays(60), new Dictionary<string, string>());

        await World.SweepAsync(Cancel);

        var row = await World.RowAsync(Cancel);
        Assert.Equal(RotationWorld.Target, row.Binding.Target);
        Assert.Contains(row.Findings, finding => finding.Code == "tags-dropped");
        Assert.Contains(row.Findings, finding => finding.Code == "changed-by-hand");
    }
}
