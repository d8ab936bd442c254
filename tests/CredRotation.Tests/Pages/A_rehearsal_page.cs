using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Rehearse;
using CredRotation.Pages;
using CredRotation.Pages.Rehearsals;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredRotation.Tests.Pages;

public sealed class A_rehearsal_page
{
    private const string Hostile = "<script>alert(1)</script>";

    [Fact]
    public async Task Says_first_what_would_happen_and_that_nothing_was_done()
    {
        var page = await RenderAsync(Report("It would open now.", "payments-owners"));

        Assert.Contains("It would open now.", page, StringComparison.Ordinal);
        Assert.Contains("would ask", page, StringComparison.Ordinal);
        Assert.Contains("no provider and no consumer was called", page, StringComparison.Ordinal);
        Assert.Contains("payments-owners", page, StringComparison.Ordinal);
        Assert.Contains("provider: issue", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<form", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Encodes_everything_from_outside()
        => Assert.DoesNotContain("<script", await RenderAsync(Report(Hostile, Hostile)), StringComparison.OrdinalIgnoreCase);

    private static RehearsalReport Report(string says, string text) => new(
        SampleRotations.Secret, true, RehearsalVerdict.WouldAsk, says, RotationMode.Rotate, "Rotation:Mode", text, SampleRotations.Now.AddDays(20), text,
        new Binding(text, text, text, text, [text]),
        new PlannedTimes(SampleRotations.Now, SampleRotations.Now.AddDays(7), null, SampleRotations.Now.AddDays(1), SampleRotations.Now.AddHours(18), SampleRotations.Now.AddDays(90)),
        new PlannedApproval(SampleRotations.OwnerGroup, text, OwnerState.Healthy, 2, 1, false, 1, text),
        [new PlannedStep(RotationStep.Issue, text, [new PlannedCall("provider", "issue", true), new PlannedCall(text, text, true)], [text])],
        [new Finding("some-code", text, text, SampleRotations.Now)],
        null);

    private static async Task<string> RenderAsync(RehearsalReport report)
    {
        await using var services = new ServiceCollection().AddLogging().AddPages().BuildServiceProvider();
        return await new PageRenderer(services, NullLoggerFactory.Instance).RenderAsync<RehearsalPage>(new RehearsalPageModel(report, "Owner One", SampleRotations.Now));
    }
}
