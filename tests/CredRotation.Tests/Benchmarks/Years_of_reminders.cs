using System.Text.Json;
using CredRotation.Benchmarks.Ladder;

namespace CredRotation.Tests.Benchmarks;

public sealed class Years_of_reminders
{
    private static readonly string[] s_zero = ["expiredSilently", "silentAtT7", "duplicatesBeyondCrashes", "toUnverifiedAddresses"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task Leave_no_end_untold(int seed)
    {
        using var answers = new StringWriter();

        var code = await new LadderCommand(60, 1, seed).RunAsync(answers, TextWriter.Null, Stop);

        var report = JsonDocument.Parse(answers.ToString()).RootElement;
        Assert.Equal((0, 0), (code, report.GetProperty("missed").GetArrayLength()));
        Assert.All(s_zero, name => Assert.Equal(0, report.GetProperty(name).GetInt32()));
        Assert.InRange(report.GetProperty("notices").GetInt32(), 60, 600);
    }

    [Fact]
    public async Task Are_the_same_years_for_the_same_seed()
    {
        async Task<string> RunAsync()
        {
            using var answers = new StringWriter();
            await new LadderCommand(20, 1, 5).RunAsync(answers, TextWriter.Null, Stop);
            return answers.ToString();
        }

        Assert.Equal(await RunAsync(), await RunAsync());
    }

    [Fact]
    public void Take_numbers_within_their_bounds()
    {
        Assert.Equal(new LadderCommand(10, 3, 7), LadderCommand.Read(["--credentials", "10", "--years", "3", "--seed", "7", "--json"]));
        Assert.Null(LadderCommand.Read(["--credentials", "0"]));
        Assert.Null(LadderCommand.Read(["--years", "11"]));
        Assert.Null(LadderCommand.Read(["--seed"]));
    }
}
