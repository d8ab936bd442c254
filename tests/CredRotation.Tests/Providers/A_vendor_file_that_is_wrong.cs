using System.Text.Json.Nodes;
using CredRotation.Providers;
using CredRotation.Sandbox.Vendors;
using CredRotation.Testing;

namespace CredRotation.Tests.Providers;

/// <summary>A surface proves nothing of a file unless it finds out a wrong one.</summary>
public sealed class A_vendor_file_that_is_wrong
{
    public static TheoryData<string, string, string?, string> Mistakes => new()
    {
        { "pubnub-secret-key", "/operations/issue/request/body/value", "{}", "old-lives" },
        { "paddle-api-key", "/capabilities/probeStartsClock", "false", "ProbeStartsClock" },
        { "sendgrid-api-key", "/errors/0", null, "quota" },
        { "confluent-cloud-api-key", "/errors/0/class", "\"rejected\"", "quota" },
        { "confluent-cloud-api-key", "/capabilities/activationDelayMax", "\"PT1S\"", "issue" },
        { "twilio-api-key", "/operations/issue/store", """{"value":{"id":"{{new.id}}","key":"{{new.secret}}"}}""", "identity" },
        { "elastic-api-key", "/operations/retire/alreadyGone", null, "retire-twice" },
        { "braintree-oauth-client-secret", "/auth/management/denied/1", null, "management" },
        { "braintree-oauth-client-secret", "/operations/retire/disable", null, "retire" },
        { "datadog-api-key", "/operations/verify/refused/status", "[401]", "wrong-secret" },
        { "vonage-api-secret", "/material/length", "30", "issue" },
        { "grafana-service-account-token", "/operations/issue/request/body/value/secondsToLive", "0", "issue" },
        { "solidgate-api-key", "/operations/issue/request/body/value/period_seconds", "\"{{overlap|seconds}} \"", "issue" },
        { "gitlab-access-token", "/operations/issue/request/url", "\"{{p.baseUrl}}/api/v4/personal_access_tokens/{{old.id}}/rotate?expires_at={{expiresOn|date}}\"", "issue-twice" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task Is_found_out_by_the_contract(string kind, string place, string? value, string fault)
    {
        var file = Changed(kind, place, value);

        var report = await ProviderContract.RunAsync(async stop => await SurfaceBench.StartAsync(VendorSurfaces.Find(kind), stop, file), TestContext.Current.CancellationToken);

        Assert.Contains(fault, report.Failed.Select(failed => failed.Check).Concat(report.Contradicted.Select(contradicted => contradicted.Trait)));
    }

    private static string Changed(string kind, string place, string? value)
    {
        var text = EmbeddedVendors.Read().Single(file => file.Name == $"{kind}.json").Text;
        var root = JsonNode.Parse(text, documentOptions: new() { CommentHandling = System.Text.Json.JsonCommentHandling.Skip })!;
        var names = place.Split('/')[1..];
        var parent = names[..^1].Aggregate(root, (node, name) => node is JsonArray list ? list[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)]! : node[name]!);
        if (parent is JsonArray items) items.RemoveAt(int.Parse(names[^1], System.Globalization.CultureInfo.InvariantCulture));
        else if (value is null) parent.AsObject().Remove(names[^1]);
        else parent[names[^1]] = JsonNode.Parse(value);
        return root.ToJsonString();
    }
}
