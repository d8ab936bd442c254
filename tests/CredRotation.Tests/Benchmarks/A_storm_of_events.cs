using CredRotation.Benchmarks.Events;

namespace CredRotation.Tests.Benchmarks;

public sealed class A_storm_of_events
{
    [Fact]
    public async Task Issues_once_for_each_expiry_and_loses_none()
    {
        var report = await new EventsCommand(200, 7).MeasureAsync(TextWriter.Null, TestContext.Current.CancellationToken);

        Assert.Empty(report.Missed);
        Assert.Equal((new IssuesPerEpoch(1, 1), 0), (report.IssuesPerEpoch, report.Lost));
        Assert.True(report is { EventsLost: > 100, DuplicatesDelivered: > 100, SweepsLost: > 100 });
    }

    [Fact]
    public async Task Repeats_by_its_seed()
    {
        var one = await RunAsync(3, 5);
        var again = await RunAsync(3, 5);

        Assert.Equal(one with { IssuesPerEpoch = [] }, again with { IssuesPerEpoch = [] });
        Assert.Equal(one.IssuesPerEpoch, again.IssuesPerEpoch);
    }

    [Theory]
    [InlineData("--permutations")]
    [InlineData("--permutations", "0")]
    [InlineData("--permutations", "many")]
    [InlineData("--storms", "7")]
    public void Is_not_begun_on_words_it_does_not_know(params string[] words) => Assert.Null(EventsCommand.Read(words));

    [Fact]
    public void Is_begun_as_asked() => Assert.Equal(new EventsCommand(12, -3), EventsCommand.Read(["--json", "--permutations", "12", "--seed", "-3"]));

    private static async Task<PermutationResult> RunAsync(int seed, int number)
    {
        await using var permutation = new EventPermutation(seed, number);
        return await permutation.RunAsync(TestContext.Current.CancellationToken);
    }
}
