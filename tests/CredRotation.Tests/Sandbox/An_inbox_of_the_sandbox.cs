using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;

namespace CredRotation.Tests.Sandbox;

public sealed class An_inbox_of_the_sandbox
{
    private const string Card = """{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","body":[{"type":"TextBlock","text":"key \\_waits\\_ <b>","size":"large","weight":"bolder","color":"warning"},{"type":"FactSet","facts":[{"title":"Vault","value":"payments"}]}],"actions":[{"type":"Action.OpenUrl","title":"Open the page","url":"https://rotation.example/x"}]}}]}""";

    [Fact]
    public async Task Draws_cards_and_mails_newest_first_without_a_script()
    {
        var clock = new SandboxClock();
        var model = new InboxModel(clock);
        model.Receive("platform", Card);
        clock.JumpTo(clock.GetUtcNow().AddHours(1));
        model.ReceiveMail("from@shop.example", ["to@shop.example"], "Subject <i>", "<p>\"Hello\"</p>");
        await using var server = await InboxServer.StartAsync(model, TestContext.Current.CancellationToken);
        using var http = PinnedTransport.Client("none");

        using var answer = await http.GetAsync(server.Page, TestContext.Current.CancellationToken);
        var html = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains("<h2 class=\"warn strong\">key _waits_ &lt;b&gt;</h2><dl><div><dt>Vault</dt><dd>payments</dd></div></dl><p><a class=\"button\" rel=\"noreferrer\" href=\"https://rotation.example/x\">Open the page</a></p>", html, StringComparison.Ordinal);
        Assert.Contains("<iframe sandbox title=\"Mail: Subject &lt;i&gt;\" srcdoc=\"&lt;p&gt;&quot;Hello&quot;&lt;/p&gt;\">", html, StringComparison.Ordinal);
        Assert.True(html.IndexOf("Subject", StringComparison.Ordinal) < html.IndexOf("_waits_", StringComparison.Ordinal));
        Assert.Contains("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
    }
}
