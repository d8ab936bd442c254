using System.Text.Json.Nodes;
using CredRotation.Benchmarks.Contract;
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
        { "finix-api-key", "/operations/list/request/headers", null, "list" },
        { "finix-api-key", "/operations/list/paging/parameter", "\"cursor\"", "strangers" },
        { "finix-api-key", "/operations/retire/request/body/value/enabled", "true", "retire" },
        { "gitlab-access-token", "/operations/issue/request/url", "\"{{p.baseUrl}}/api/v4/personal_access_tokens/{{old.id}}/rotate?expires_at={{expiresOn|date}}\"", "issue-twice" },
    };

    public static TheoryData<string, string, string?, string> MistakesAtPortals => new()
    {
        { "authorizenet-transaction-key", "/operations/verify/refused", null, "wrong-secret" },
        { "authorizenet-transaction-key", "/parameters/oldLife/default", "\"PT30H\"", "OldLife" },
        { "authorizenet-transaction-key", "/capabilities/oldValidity/startsAt", "\"first-use\"", "ClockStart" },
        { "worldpay-access-credential", "/auth/candidate/headers/Authorization", "\"Basic {{new.secret}}\"", "issue" },
        { "worldpay-access-credential", "/operations/verify/request/headers", null, "issue" },
        { "airwallex-scoped-api-key", "/auth/candidate/success/status", "[200]", "issue" },
        { "square-access-token", "/operations/verify/request/headers", null, "issue" },
        { "square-access-token", "/operations/verify/request/url", "\"{{p.baseUrl}}/v2/merchants/{{target}}\"", "issue" },
        { "checkout-secret-key", "/operations/verify/success/require/0/pointer", "\"/items\"", "issue" },
    };

    [Theory]
    [MemberData(nameof(MistakesAtPortals))]
    public async Task Is_found_out_at_a_portal_too(string kind, string place, string? value, string fault)
    {
        var file = Changed(kind, place, value);

        var report = await ProviderContract.RunAsync(stop => PortalBench.StartAsync(kind, stop, file), TestContext.Current.CancellationToken);

        Assert.Contains(fault, report.Failed.Select(failed => failed.Check).Concat(report.Contradicted.Select(contradicted => contradicted.Trait)));
    }

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
