using CredRotation.Sandbox.Wire;
using Microsoft.AspNetCore.Http;

namespace CredRotation.Tests.Runbooks;

public sealed class A_watchdog_in_doubt
{
    /// <summary>Answers that a page in between, or somebody else, may give.</summary>
    [Theory]
    [InlineData(200, "<html>This web app is stopped.</html>")]
    [InlineData(403, "<html>This web app is stopped.</html>")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"isOk":true,"heartbeats":[]}""")]
    [InlineData(200, """{"isOk":"true","heartbeats":[{"name":"sweep","isOk":true}]}""")]
    [InlineData(200, """{"isOk":true,"heartbeats":[{"name":"sweep","isOk":false}]}""")]
    [InlineData(503, """{"isOk":true,"heartbeats":[{"name":"sweep","isOk":true}]}""")]
    [InlineData(302, "")]
    public async Task Takes_nothing_for_well_that_it_does_not_understand(int status, string body)
    {
        await using var other = await AnswerAsync(status, body);

        using var transport = PinnedTransport.Client("");

        var job = await RunbookJob.RunAsync("Watch-CredRotation", new Dictionary<string, object> { ["BaseUri"] = other.Addresses[0], ["Tries"] = 1 }, new Dictionary<string, string>(), transport, TestContext.Current.CancellationToken);

        Assert.StartsWith("[app]\nWhat happened: The app at ", job.Failure, StringComparison.Ordinal);
    }

    internal static Task<LoopbackServer> AnswerAsync(int status, string body)
        => LoopbackServer.StartAsync(null, [0], async context =>
        {
            context.Response.StatusCode = status;
            if (status == 302) context.Response.Headers.Location = "https://login.example/";
            await context.Response.WriteAsync(body, TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);
}
