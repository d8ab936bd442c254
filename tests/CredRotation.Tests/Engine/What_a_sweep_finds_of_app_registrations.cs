using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class What_a_sweep_finds_of_app_registrations
{
    private const string AppId = "0a9f7c52-6f1e-4a0e-9d2b-5c3e8f7a1b20";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_nothing_unless_a_setting_asks_for_it()
    {
        await using var world = new RotationWorld();
        Register(world, TimeSpan.FromDays(5));

        await world.Host.Sweep.RunAsync(Cancel);

        Assert.Empty(await OfAppsAsync(world));
    }

    [Fact]
    public async Task Is_the_end_of_each_secret_and_certificate_and_who_has_it()
    {
        await using var world = Watching();
        var app = Register(world, TimeSpan.FromDays(5));
        app.Certificates.Add(new AppCertificate(Guid.Parse("11111111-0000-4000-8000-000000000001"), "signing", world.Clock.GetUtcNow(), world.Clock.GetUtcNow().AddDays(20)));
        world.Applications.Add(app, "later", TimeSpan.FromDays(300));

        await world.Host.Sweep.RunAsync(Cancel);

        var found = await OfAppsAsync(world);
        Assert.Equal([(VaultObjectKind.Secret, "near-expiry", FindingSeverity.Warning), (VaultObjectKind.Certificate, "near-expiry", FindingSeverity.Notice)],
            found.OrderBy(one => one.About.Kind).Select(one => (one.About.Kind!.Value, one.Finding.Code, one.Finding.Severity)));
        Assert.All(found, one => Assert.Contains("of app registration Shop checkout. Expires on", one.Finding.Detail, StringComparison.Ordinal));
        Assert.Equal($"app registration {AppId}/{app.Passwords[0].KeyId}", found.Single(one => one.About.Kind is VaultObjectKind.Secret).About.ToString());
    }

    [Fact]
    public async Task Is_what_ended_only_where_nothing_took_its_place()
    {
        await using var world = Watching();
        var app = Register(world, TimeSpan.FromDays(-1));
        await world.Host.Sweep.RunAsync(Cancel);
        Assert.Equal("expired", Assert.Single(await OfAppsAsync(world)).Finding.Code);

        world.Applications.Add(app, "its successor", TimeSpan.FromDays(300));
        await world.Host.Sweep.RunAsync(Cancel);

        Assert.Empty(await OfAppsAsync(world));
    }

    [Fact]
    public async Task Stays_while_the_directory_cannot_be_read()
    {
        await using var world = Watching();
        Register(world, TimeSpan.FromDays(5));
        await world.Host.Sweep.RunAsync(Cancel);
        world.Applications.MayReadAll = false;

        await world.Host.Sweep.RunAsync(Cancel);

        var found = await OfAppsAsync(world);
        Assert.Equal(["apps-unreadable", "near-expiry"], found.Select(one => one.Finding.Code).Order(StringComparer.Ordinal));
        Assert.Contains("Application.Read.All", found.Single(one => one.Finding.Code == "apps-unreadable").Finding.Remedy, StringComparison.Ordinal);
    }

    private static RotationWorld Watching() => new(new Dictionary<string, string?> { ["Rotation:WatchAppRegistrations"] = "true" });

    private static AppRegistration Register(RotationWorld world, TimeSpan life)
    {
        var app = world.Applications.Register(AppId, "5d1f9b34-0c5a-4f7a-8a3e-2b6c7d8e9f01", "Shop checkout");
        world.Applications.Add(app, "made by hand", life);
        return app;
    }

    private static async Task<IReadOnlyList<ObjectFinding>> OfAppsAsync(RotationWorld world)
        => [.. (await world.Host.Registry.ListFindingsAsync(Cancel).ToListAsync(Cancel)).Where(found => found.About.VaultHost == WatchedName.AppRegistrations && found.IsOpen)];
}
