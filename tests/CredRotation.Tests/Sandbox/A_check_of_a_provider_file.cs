using System.Text.Json.Nodes;
using CredRotation.Providers;
using CredRotation.Providers.Http.Document;

namespace CredRotation.Tests.Sandbox;

public sealed class A_check_of_a_provider_file
{
    [Fact]
    public void Shows_every_call_with_its_places_not_filled()
    {
        var verdict = ProviderFileCheck.Run(Shipped("twilio-api-key.json"));

        Assert.Equal("twilio-api-key", verdict.Kind);
        Assert.Empty(verdict.Problems);
        Assert.Equal(["target", "issue", "verify", "list", "retire"], verdict.Calls.Select(call => call.Operation));
        Assert.Equal(["main-key-secret", "main-key-sid"], verdict.SecretNames);
        var issue = verdict.Calls[1];
        Assert.Equal(("POST", "{{p.baseUrl}}/2010-04-01/Accounts/{{target}}/Keys.json", "FriendlyName={{marker}}"), (issue.Method, issue.Url, issue.Body));
        Assert.Equal("Basic {{vault:main-key-sid}}:{{vault:main-key-secret}}", issue.Asks);
    }

    [Fact]
    public void Shows_the_calls_for_tokens_too()
    {
        var verdict = ProviderFileCheck.Run(Shipped("auth0-client-secret.json"));

        Assert.Equal(["target token", "target", "issue token", "issue", "verify token"], verdict.Calls.Select(call => call.Operation));
    }

    [Fact]
    public void Names_the_line_of_everything_that_is_wrong()
    {
        var good = Shipped("adyen-merchant-api-key.json");
        var bad = new ProviderFile("mine.json", good.Text.Replace("\"/apiKey\" }", "\"apiKey\" }", StringComparison.Ordinal).Replace("{{target}}/generateApiKey", "{{targte}}/generateApiKey", StringComparison.Ordinal));

        var verdict = ProviderFileCheck.Run(bad);

        Assert.Null(verdict.Kind);
        Assert.Empty(verdict.Calls);
        var lines = bad.Text.Split('\n');
        Assert.Contains(verdict.Problems, problem => problem.StartsWith($"mine.json line {1 + Array.FindIndex(lines, line => line.Contains("targte", StringComparison.Ordinal))} /operations/issue/request/url holds the unknown placeholder", StringComparison.Ordinal));
        Assert.Contains(verdict.Problems, problem => problem.StartsWith($"mine.json line {1 + Array.FindIndex(lines, line => line.Contains("\"extract\"", StringComparison.Ordinal))} /operations/issue/extract/secret/pointer is not a JSON Pointer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Is_a_command()
    {
        var folder = Directory.CreateTempSubdirectory("credrotation-check-");
        try
        {
            var path = Path.Combine(folder.FullName, "mine.json");
            await File.WriteAllTextAsync(path, Shipped("gitlab-access-token.json").Text, TestContext.Current.CancellationToken);

            var checkedFile = await SandboxCommand.RunAsync(TestContext.Current.CancellationToken, "check", path, "--json");

            Assert.Equal(0, checkedFile.ExitCode);
            Assert.Equal("gitlab-access-token", (string?)JsonNode.Parse(checkedFile.Output)!["kind"]);
            Assert.Equal(2, (await SandboxCommand.RunAsync(TestContext.Current.CancellationToken, "check", path + ".not")).ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static ProviderFile Shipped(string name) => EmbeddedVendors.Read().Single(file => file.Name == name);
}
