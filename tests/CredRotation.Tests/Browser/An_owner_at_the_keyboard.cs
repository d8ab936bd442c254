using CredRotation.Engine;
using CredRotation.Sandbox.Shots;
using CredRotation.Tests.Servers;

namespace CredRotation.Tests.Browser;

[Collection(WholeMachine.Name)]
public sealed class An_owner_at_the_keyboard(Chromium chromium)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Approves_and_the_rotation_goes_on(bool withScripts)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var context = await chromium.OpenAsync(withScripts: withScripts);
        await using var day = await ShotsDay.StartAsync(stop);
        var held = await day.UntilAsync(1, rotation => rotation.Hold is { Reason: HoldReason.ApprovalNeeded, IsAnnounced: true }, stop);
        var page = await context.NewPageAsync();
        await page.GotoAsync(day.SignedIn(day.PageOf(held)).AbsoluteUri);
        var approve = page.Locator("button.primary");
        Assert.True(await approve.IsEnabledAsync());

        // The locator is only asked; nothing but keys reaches the page.
        var presses = 0;
        while (!await approve.EvaluateAsync<bool>("button => button === document.activeElement"))
        {
            Assert.True(++presses <= 30, "Thirty tabs did not reach the approval.");
            await page.Keyboard.PressAsync("Tab");
        }

        var answer = await page.RunAndWaitForResponseAsync(() => page.Keyboard.PressAsync("Enter"), answer => answer.Request.Method == "POST");

        Assert.Equal((303, $"/api/pages/rotation/{held.Id}"), (answer.Status, answer.Headers["location"]));
        var gone = await day.UntilAsync(1, rotation => rotation.State > RotationState.Authorized, stop);
        Assert.Equal(held.PlanHash, Assert.Single(gone.Approvals).PlanHash);
    }
}
