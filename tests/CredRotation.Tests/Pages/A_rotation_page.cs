using System.Text.RegularExpressions;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Pages;
using CredRotation.Pages.Rotations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredRotation.Tests.Pages;

public sealed partial class A_rotation_page
{
    private readonly CredentialRow _row = SampleRotations.Row(SampleRotations.Secret, SampleRotations.OwnerGroup);

    [Fact]
    public async Task Shows_seven_steps_and_says_which_one_is_now()
    {
        var page = await RenderAsync(SampleRotations.Page(SampleRotations.Promoted(SampleRotations.Of(_row)), true, "Detected", "Authorized", "Issued", "Verified", "Promoted"));

        Assert.Equal(["done", "done", "done", "done", "done", "current", "ahead"], StepPattern().Matches(page).Select(match => match.Groups[1].Value));
        Assert.Equal("current", CurrentPattern().Match(page).Groups[1].Value);
    }

    [Fact]
    public async Task Posts_a_choice_with_the_plan_and_state_it_was_made_on()
    {
        var rotation = SampleRotations.Held(SampleRotations.Of(_row));

        var page = await RenderAsync(SampleRotations.Page(rotation));

        Assert.Contains($"action=\"/api/rotations/{rotation.Id}/approve\"", page, StringComparison.Ordinal);
        Assert.Contains($"action=\"/api/rotations/{rotation.Id}/reject\"", page, StringComparison.Ordinal);
        Assert.Contains($"action=\"/api/rotations/{rotation.Id}/choose\"", page, StringComparison.Ordinal);
        Assert.Contains($"name=\"planHash\" value=\"{rotation.PlanHash}\"", page, StringComparison.Ordinal);
        Assert.Contains("name=\"expectedState\" value=\"Authorized\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("disabled", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offers_no_choice_to_somebody_whose_word_does_not_count()
    {
        var page = await RenderAsync(SampleRotations.Page(SampleRotations.Held(SampleRotations.Of(_row)), canAnswer: false));

        Assert.Equal(3, DisabledPattern().Count(page));
    }

    [Theory]
    [InlineData("approve", false)]
    [InlineData("reject", true)]
    public void Keeps_the_starter_from_approving_only(string choice, bool isOpen)
    {
        var hold = SampleRotations.Held(SampleRotations.Of(_row)).Hold!;

        var button = HoldButton.Of(hold.Choices.Single(offered => offered.Name == choice), hold);

        Assert.Equal(isOpen, button.IsOpenTo(new Viewer("Starter", CanAnswer: true, IsStarter: true)));
    }

    [Fact]
    public async Task Encodes_and_bounds_everything_from_outside()
    {
        var hostile = "<script>alert(1)</script>\u202e" + new string('x', 5_000);
        var rotation = SampleRotations.Held(SampleRotations.Of(_row));
        rotation = rotation with { Hold = rotation.Hold! with { Detail = hostile, Choices = [new HoldChoice("retry", hostile)] }, LastTrouble = hostile, Overrides = [hostile] };

        var page = await RenderAsync(SampleRotations.Page(rotation, true, hostile));

        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202e', page);
        Assert.DoesNotContain(new string('x', 700), page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Carries_no_inline_script_or_style()
    {
        var page = await RenderAsync(SampleRotations.Page(SampleRotations.Held(SampleRotations.Of(_row))));

        Assert.DoesNotMatch(InlinePattern(), page);
    }

    [Theory]
    [InlineData(RotationState.Detected, "yes")]
    [InlineData(RotationState.Retired, "no")]
    public async Task Reads_itself_again_only_while_something_can_change(RotationState state, string isLive)
    {
        var page = await RenderAsync(SampleRotations.Page(SampleRotations.Of(_row, state)));

        Assert.Contains($"data-live=\"{isLive}\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Has_words_for_every_reason_to_wait()
        => Assert.DoesNotContain("A person is needed here.", Enum.GetValues<HoldReason>().Select(HoldWords.Question));

    private static Task<string> RenderAsync(RotationPageModel model)
        => new PageRenderer(new ServiceCollection().BuildServiceProvider(), NullLoggerFactory.Instance).RenderAsync<RotationPage>(model);

    [GeneratedRegex("<li class=\"step ([a-z]+)\"")]
    private static partial Regex StepPattern();

    [GeneratedRegex("<li class=\"step ([a-z]+)\" aria-current=\"step\"")]
    private static partial Regex CurrentPattern();

    [GeneratedRegex("<button[^>]* disabled")]
    private static partial Regex DisabledPattern();

    [GeneratedRegex("<style|<script(?![^>]*src=)|\\sstyle=|\\son[a-z]+=|javascript:")]
    private static partial Regex InlinePattern();
}
