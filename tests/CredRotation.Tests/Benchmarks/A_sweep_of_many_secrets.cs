using CredRotation.Benchmarks.Sweep;

namespace CredRotation.Tests.Benchmarks;

public sealed class A_sweep_of_many_secrets
{
    [Fact]
    public async Task Reads_no_value_and_asks_for_groups_together()
    {
        var report = await new SweepCommand(400, 2, 20) { IsScaled = false }.MeasureAsync(TextWriter.Null, TestContext.Current.CancellationToken);

        Assert.Empty(report.Missed);
        Assert.Equal((0, 4, 4), (report.ValueReads, report.Opened, report.Measured.OtherLists));
        Assert.InRange(report.ListCalls, 20, 22);
        Assert.InRange(report.GraphCalls, 1, 6);
        Assert.True(report is { PeakMemoryMiB: > 10, Findings: > 300 });
    }

    [Theory]
    [InlineData("--secrets", "0")]
    [InlineData("--vaults")]
    [InlineData("--rotations", "7")]
    public void Is_not_begun_on_words_it_does_not_know(params string[] words) => Assert.Null(SweepCommand.Read(words));

    [Fact]
    public void Is_begun_as_asked() => Assert.Equal(new SweepCommand(200, 3, 12), SweepCommand.Read(["--json", "--secrets", "200", "--groups", "12", "--vaults", "3"]));
}
