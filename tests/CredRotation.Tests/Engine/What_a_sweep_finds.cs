using CredRotation.Engine;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class What_a_sweep_finds : EngineTest
{
    private DateTimeOffset Now => World.Clock.GetUtcNow();

    [Theory]
    [InlineData(-1.0, "expired", FindingSeverity.Critical)]
    [InlineData(0.9, "near-expiry", FindingSeverity.Critical)]
    [InlineData(2.9, "near-expiry", FindingSeverity.Critical)]
    [InlineData(6.9, "near-expiry", FindingSeverity.Warning)]
    [InlineData(13.9, "near-expiry", FindingSeverity.Notice)]
    [InlineData(29.9, "near-expiry", FindingSeverity.Notice)]
    public async Task Grows_with_the_nearness_of_the_end(double days, string code, FindingSeverity severity)
    {
        World.Vaults.AddKey(RotationWorld.OtherHost, "watched", Now.AddDays(days));

        await World.SweepAsync(Cancel);

        var found = await FindAsync("watched", code);
        Assert.Equal(severity, found.Finding.Severity);
        Assert.Equal(VaultObjectKind.Key, found.About.Kind);
    }

    [Fact]
    public async Task Names_the_three_tags_for_a_secret_that_ends_and_nobody_rotates()
    {
        World.ByHand(RotationWorld.OtherHost, "lonely", new SecretText("x"), Now.AddDays(12), new Dictionary<string, string>());
        World.ByHand(RotationWorld.OtherHost, "later", new SecretText("x"), Now.AddDays(50), new Dictionary<string, string>());

        await World.SweepAsync(Cancel);

        var unmanaged = await FindAsync("lonely", "unmanaged");
        Assert.Contains("rotate-account, rotate-target and rotate-owner", unmanaged.Finding.Remedy, StringComparison.Ordinal);
        Assert.Equal(["no-owner"], await CodesAsync("later"));
    }

    [Fact]
    public async Task Never_ends_and_nobody_answers()
    {
        World.Vaults.AddCertificate(RotationWorld.OtherHost, "front", null);

        await World.SweepAsync(Cancel);

        Assert.Equal(["no-expiry", "no-owner"], await CodesAsync("front"));
        Assert.All(await AllAsync(), found => Assert.False(found is { About: { Name: "front", Kind: not VaultObjectKind.Certificate } }, "The key and the secret behind a certificate are the vault's own."));
    }

    [Fact]
    public async Task Behind_a_certificate_is_never_adopted_whatever_its_tags_say()
    {
        World.Vaults.AddCertificate(RotationWorld.PaymentsHost, "front", Now.AddDays(5), RotationWorld.Tags());

        await World.SweepAsync(Cancel);

        Assert.Null(await World.Host.Registry.FindAsync(CredentialId.Of(SecretName.Of(new Uri($"https://{RotationWorld.PaymentsHost}/"), "front")), Cancel));
        Assert.Contains(await AllAsync(), found => found.Finding.Code == "behind-certificate");
    }

    [Theory]
    [InlineData(true, false, "does not exist")]
    [InlineData(false, true, "fewer than two")]
    public async Task An_owner_group_that_nobody_is_left_in_sends_it_to_the_fallback_group(bool isGone, bool isAlone, string words)
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:FallbackGroup"] = RotationWorld.FallbackGroup });
        if (isGone) world.Directory.DeleteGroup(RotationWorld.OwnerGroup);
        if (isAlone) world.Directory.Put(new DirectoryGroup(RotationWorld.OwnerGroup, "alone", null, [RotationWorld.OwnerOne]));

        await world.Host.Sweep.RunAsync(Cancel);

        var found = Assert.Single(await world.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => found.About.Name == RotationWorld.SecretNameText && found.Finding.Code == "no-owner");
        Assert.Contains(words, found.Finding.Detail, StringComparison.Ordinal);
        Assert.Equal(RotationWorld.FallbackGroup, found.Receiver);
    }

    [Fact]
    public async Task A_directory_that_does_not_answer_neither_makes_nor_clears_an_owner_finding()
    {
        World.Directory.Put(new DirectoryGroup(RotationWorld.OwnerGroup, "alone", null, [RotationWorld.OwnerOne]));
        await World.Host.Sweep.RunAsync(Cancel);
        World.Faults.Add("directory.members", new Fault.DropBefore(), times: 100);

        await World.Host.Sweep.RunAsync(Cancel);

        Assert.Contains("fewer than two", (await FindAsync(RotationWorld.SecretNameText, "no-owner")).Finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_that_may_not_be_listed_are_a_finding_and_everything_else_goes_on()
    {
        World.Vaults.RefuseToList(RotationWorld.PaymentsHost, VaultObjectKind.Key);
        World.Vaults.AddCertificate(RotationWorld.PaymentsHost, "front", Now.AddDays(2));

        var result = await World.Host.Sweep.RunAsync(Cancel);

        var found = Assert.Single(await AllAsync(), found => found.Finding.Code == "keys-unreadable");
        Assert.Equal(WatchedName.OfVault(RotationWorld.PaymentsHost), found.About);
        Assert.Contains("right to list keys", found.Finding.Remedy, StringComparison.Ordinal);
        Assert.Empty(result.UnreadVaults);
        Assert.Equal(1, result.Adopted);
        Assert.Contains(await AllAsync(), found => found.About is { Kind: VaultObjectKind.Certificate, Name: "front" });
    }

    [Fact]
    public async Task A_rotation_that_nobody_visits_is_stuck_until_somebody_does()
    {
        await World.Host.Sweep.RunAsync(Cancel);
        await World.DrainAsync(Cancel);
        World.Clock.Advance(TimeSpan.FromHours(2));
        World.Clock.SetUtcNow((await World.RowAsync(Cancel)).WakeOn!.Value.AddHours(2));

        await World.Host.Sweep.RunAsync(Cancel);
        Assert.Contains("health", (await FindAsync(RotationWorld.SecretNameText, "stuck")).Finding.Remedy, StringComparison.Ordinal);

        await World.Host.Sleepers.WakeAsync(Cancel);
        await World.DrainAsync(Cancel);
        await World.Host.Sweep.RunAsync(Cancel);
        Assert.DoesNotContain("stuck", await CodesAsync(RotationWorld.SecretNameText));
    }

    [Fact]
    public async Task Changed_by_hand_and_tags_dropped_are_told_for_managed_ones_too()
    {
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("first"), Now.AddDays(60), RotationWorld.Tags());
        await World.SweepAsync(Cancel);
        World.Clock.Advance(TimeSpan.FromMinutes(1));
        World.ByHand(RotationWorld.PaymentsHost, RotationWorld.SecretNameText, new SecretText("by hand"), Now.AddDays(60), new Dictionary<string, string>());
        await World.SweepAsync(Cancel);

        await World.SweepAsync(Cancel);

        Assert.Equal(["changed-by-hand", "tags-dropped"], await CodesAsync(RotationWorld.SecretNameText));
        Assert.Equal(RotationWorld.OwnerGroup, (await FindAsync(RotationWorld.SecretNameText, "changed-by-hand")).Receiver);
    }

    [Fact]
    public async Task Managed_but_not_rotated_is_told_while_the_mode_says_so()
    {
        await using var world = new RotationWorld(new Dictionary<string, string?> { ["Rotation:Policies:payments:Mode"] = "Observe" });

        await world.SweepAsync(Cancel);

        Assert.Contains(await world.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel), found => found.Finding.Code == "not-rotated" && found.Receiver == RotationWorld.OwnerGroup);
    }

    [Fact]
    public async Task More_than_a_page_of_every_kind_is_listed_and_remembered()
    {
        for (var number = 0; number < 60; number++)
        {
            World.Vaults.AddKey(RotationWorld.OtherHost, $"key-{number}", null);
            World.Vaults.AddCertificate(RotationWorld.OtherHost, $"certificate-{number}", Now.AddDays(400));
        }

        await World.Host.Sweep.RunAsync(Cancel);

        var objects = await World.Host.Registry.ListObjectsAsync(Cancel).ToListAsync(Cancel);
        Assert.Equal((60, 60, 120), (objects.Count(seen => seen is { Kind: VaultObjectKind.Key, IsManaged: false }), objects.Count(seen => seen.Kind == VaultObjectKind.Certificate), objects.Count(seen => seen.IsManaged)));
    }

    private async Task<IReadOnlyList<ObjectFinding>> AllAsync() => await World.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel);

    private async Task<ObjectFinding> FindAsync(string name, string code) => Assert.Single(await AllAsync(), found => found.About.Name == name && found.Finding.Code == code);

    private async Task<IReadOnlyList<string>> CodesAsync(string name) => [.. (await AllAsync()).Where(found => found.About.Name == name).Select(found => found.Finding.Code).Order(StringComparer.Ordinal)];
}
