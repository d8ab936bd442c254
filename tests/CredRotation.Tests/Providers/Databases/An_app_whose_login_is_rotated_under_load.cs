using CredRotation.Benchmarks.PgLoad;
using CredRotation.Benchmarks.Servers;
using CredRotation.Tests.Servers;

namespace CredRotation.Tests.Providers.Databases;

public sealed class An_app_whose_login_is_rotated_under_load
{
    [Fact]
    public async Task Notices_nothing()
    {
        await using var server = await RealServers.OrSkipAsync(() => PostgreSql.StartAsync("ddl", TestContext.Current.CancellationToken));

        var report = await new PgLoadCommand(2, 4).MeasureAsync(server, TextWriter.Null, TestContext.Current.CancellationToken);

        Assert.Empty(report.Missed);
        Assert.Equal((2, 0L, 2, 2), (report.Rotations, report.Failed, report.BothAccepted, report.OldRefused));
        Assert.True(report.NewConnections >= 3 * 4, $"{report.NewConnections} connections");
    }

    [Fact]
    public void Is_reported_as_having_noticed_when_it_did()
        => Assert.Equal(5, new PgLoadReport(1, 4, 1, 9, 1, 4, 4, 1, 0, 0, 1, []).Missing(new PgLoadCommand(2, 4), "Issued", "28P01").Count());
}
