using System.Text.Json.Nodes;
using CredRotation.Providers.Http.Document;

namespace CredRotation.Tests.Providers;

public sealed class A_vendor_file
{
    private const string File = "vendor0.json";

    public static TheoryData<string, string?, string, string> Faults => new()
    {
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{p.nobody}}\"", "/operations/issue/request/url", "names the parameter 'nobody', which the file does not declare" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{nonsense}}\"", "/operations/issue/request/url", "holds the unknown placeholder 'nonsense'" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{target\"", "/operations/issue/request/url", "has a placeholder that never ends" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{target|upper}}\"", "/operations/issue/request/url", "uses the unknown filter 'upper'" },
        { "/operations/verify/request/url", "\"{{p.baseUrl}}/{{target|base64}}\"", "/operations/verify/request/url", "encodes what is no secret" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{target|raw}}\"", "/operations/issue/request/url", "uses raw outside its one place" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{expiresOn}}\"", "/operations/issue/request/url", "does not say how to write expiresOn" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{vault:management}}\"", "/operations/issue/request/url", "would put a secret where it can be logged or compared" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{new.id}}\"", "/operations/issue/request/url", "uses 'new.id', which has no value here" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}evil.example/\"", "/operations/issue/request/url", "glues text to the base address" },
        { "/operations/issue/request/url", "\"https://x.example/?u={{p.baseUrl}}\"", "/operations/issue/request/url", "puts an address into the middle of another" },
        { "/operations/issue/request/url", "\"https://evil.example/{{target}}\"", "/operations/issue/request/url", "goes to https://evil.example, which is not allowed" },
        { "/operations/issue/request/url", "\"http://management-live.adyen.com/\"", "/operations/issue/request/url", "goes to http://management-live.adyen.com, which is not allowed" },
        { "/operations/issue/request/url", "\"https://{{p.merchantId}}.adyen.com/\"", "/operations/issue/request/url", "does not write out its host" },
        { "/operations/issue/request/url", "\"https://management-live.adyen.com/a/../b\"", "/operations/issue/request/url", "is not an address in its plain form" },
        { "/operations/issue/request/method", "\"TRACE\"", "/operations/issue/request/method", "says 'TRACE', which this version does not know" },
        { "/operations/issue/request/headers", """{"Host":"x"}""", "/operations/issue/request/headers/Host", "is a header that the connection sets by itself" },
        { "/operations/issue/request/retries", "3", "/operations/issue/request/retries", "is not known here" },
        { "/operations/issue/extract/secret/pointer", "\"apiKey\"", "/operations/issue/extract/secret/pointer", "is not a JSON Pointer (RFC 6901)" },
        { "/operations/issue/extract/secret/pointer", "\"/a~2\"", "/operations/issue/extract/secret/pointer", "is not a JSON Pointer (RFC 6901)" },
        { "/operations/issue/success/require/0/absent", "true", "/operations/issue/success/require/0", "does not say exactly one thing about its place" },
        { "/operations/issue/success/status", "[302]", "/operations/issue/success/status", "calls something a success that is none" },
        { "/operations/issue/auth", "\"candidate\"", "/operations/issue/auth", "tries a candidate where there is none" },
        { "/operations/issue", null, "/operations", "lacks the member 'issue'" },
        { "/operations/verify", null, "/operations", "lacks the member 'verify'" },
        { "/operations/target", null, "/operations", "lacks the member 'target'" },
        { "/operations/verify/auth", "\"management\"", "/operations/verify", "never uses the new secret, so it proves nothing" },
        { "/operations/verify/refused/status", "[500]", "/operations/verify/refused", "names a status that says nothing of the kind" },
        { "/operations/retire", "{}", "/operations/retire", "describes a call, but capabilities say that a timer retires" },
        { "/operations/list", "{}", "/operations/list", "describes a call, but capabilities say that nothing can be listed" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{page}}\"", "/operations/issue/request/url", "uses 'page', which has no value here" },
        { "/auth/management/kind", "\"azure-identity\"", "/auth/management", "lacks the member 'scope'" },
        { "/auth/candidate/kind", "\"self\"", "/auth/candidate/kind", "is a candidate that manages itself" },
        { "/auth/management", """{"kind":"self"}""", "/capabilities", "says something else about self-management than auth does" },
        { "/auth/management", """{"kind":"hook","hook":"magic","values":{}}""", "/auth/management/hook", "is a hook that this version does not have" },
        { "/auth/management", """{"kind":"oauth2-client-credentials","tokenUrl":"https://evil.example/t","clientId":"x","clientSecret":"{{vault:management}}"}""", "/auth/management/tokenUrl", "goes to https://evil.example, which is not allowed" },
        { "/auth/management", """{"kind":"oauth2-client-credentials","tokenUrl":"https://management-live.adyen.com/t","clientId":"x"}""", "/auth/management", "lacks the member 'clientSecret'" },
        { "/auth/management/kind", "\"magic\"", "/auth/management/kind", "is an unknown kind of auth" },
        { "/capabilities/oldValidity/fixed", null, "/capabilities/oldValidity", "lacks the member 'fixed'" },
        { "/capabilities/oldValidity/startsAt", null, "/capabilities/oldValidity", "lacks the member 'startsAt'" },
        { "/capabilities/oldValidity/fixed", "\"{{p.merchantId}}\"", "/capabilities/oldValidity/fixed", "is not a duration" },
        { "/capabilities/oldValidity", """{"mode":"until-retired"}""", "/capabilities", "retires by timer, but the old credential lives until it is retired" },
        { "/capabilities/retireBy", "\"id\"", "/operations", "lacks the member 'retire'" },
        { "/capabilities/issueReplay", "\"idempotency-key\"", "/operations/issue", "never sends the idempotency key" },
        { "/capabilities/list", "\"full\"", "/capabilities", "lists credentials that it could not retire, because only a timer ends them" },
        { "/capabilities/list", "\"full\"", "/operations", "lacks the member 'list'" },
        { "/capabilities/list", "\"some\"", "/capabilities/list", "says 'some', which this version does not know" },
        { "/capabilities/topology", "\"ring\"", "/capabilities/topology", "says 'ring', which this version does not know" },
        { "/capabilities/topology", "\"pair\"", "/capabilities", "is a pair whose old slot ends by itself" },
        { "/capabilities/topology", "\"pair\"", "/capabilities", "promotes without a pair, or has a pair that is not promoted" },
        { "/capabilities/issueReplay", "\"idempotency-key\"", "/capabilities", "lacks the member 'idempotencyWindow'" },
        { "/capabilities/idempotencyWindow", "\"PT24H\"", "/capabilities/idempotencyWindow", "is given without an idempotency key" },
        { "/capabilities/issueReplay", "\"same-material\"", "/capabilities", "repeats a value of the caller's, and the provider makes it" },
        { "/capabilities/issueReplay", "\"read-back\"", "/operations", "reads back and does not say how" },
        { "/capabilities/secretOrigin", "\"caller\"", "", "lacks the member 'material'" },
        { "/capabilities/marker", """{"maxLength":20}""", "/capabilities/marker", "leaves too little room for a marker of ours" },
        { "/capabilities/oldValidity", """{"mode":"timer","startsAt":"issue","parameter":"merchantId","unit":"hours"}""", "/capabilities/oldValidity/parameter", "names no parameter that is a whole number" },
        { "/capabilities/oldValidity", """{"mode":"until-retired","min":"PT1H"}""", "/capabilities/oldValidity/min", "belongs to a timer, and there is none" },
        { "/material", """{"length":16,"sets":["digit"]}""", "/material", "makes a value that the provider makes" },
        { "/material", """{"length":16,"sets":["digit"]}""", "/material/length", "makes a value that could be guessed" },
        { "/ownHost", "\"merchantId\"", "/ownHost", "names no address that every account sets" },
        { "/retryAfter", """{"header":"X-Reset","as":"weeks"}""", "/retryAfter/as", "says 'weeks', which this version does not know" },
        { "/errors/0/status", "[ 200 ]", "/errors/0/status", "takes every success for something else" },
        { "/operations/issue/extract/secret", """{"template":"{{target}}"}""", "/operations/issue/extract/secret", "takes the secret from somewhere else than the answer" },
        { "/operations/issue/extract/secret", """{"pointer":"/apiKey","decrypt":"jwe-rsa"}""", "/operations/issue/extract/secret", "is encrypted to a key that nobody has" },
        { "/operations/issue/extract/secret", """{"header":"not a name"}""", "/operations/issue/extract/secret/header", "is not a header name" },
        { "/operations/issue/store", """{"value":{"key":"id {{new.secret}}"}}""", "/operations/issue/store", "holds the secret nowhere as a whole value" },
        { "/operations/issue/find", """{"request":{"method":"GET","url":"{{p.baseUrl}}/x"},"success":{"status":[200]},"items":"","where":[],"id":"/id"}""", "/operations/issue/find", "would take any entry" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{found.id}}\"", "/operations/issue/request/url", "uses 'found.id', which has no value here" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{p.oldLife}}\"", "/operations/issue/request/url", "does not say how to write a span of time" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{target|hours}}\"", "/operations/issue/request/url", "writes as a span of time what is none" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{overlapEnd|hours}}\"", "/operations/issue/request/url", "does not say how to write overlapEnd" },
        { "/operations/verify/credentialId", """{"template":"{{new.id}}"}""", "/operations/verify/credentialId", "cannot know the id" },
        { "/parameters/oldLife/default", "\"soon\"", "/parameters/oldLife/default", "does not fit its type" },
        { "/allowedHosts/0", "\"*.com\"", "/allowedHosts/0", "is not a host name" },
        { "/allowedHosts/0", "\"{{p.baseUrl}}\"", "/allowedHosts/0", "is not a host name" },
        { "/errors/2/class", "\"rejected\"", "/errors/2/status", "claims to know what happened after a time-out or a server's failure" },
        { "/redact/0", "\"apiKey\"", "/redact/0", "is not a JSON Pointer (RFC 6901)" },
        { "/schemaVersion", "2", "/schemaVersion", "is 2, which this version cannot read" },
        { "/provider", "\"Adyen Key\"", "/provider", "is no provider kind" },
        { "/secretKey", "\"x\"", "/secretKey", "is not known here" },
    };

    /// <summary>What only a file with a list can get wrong.</summary>
    public static TheoryData<string, string?, string, string> FaultsOfLists => new()
    {
        { "/operations/list", null, "/operations", "lacks the member 'list'" },
        { "/operations/list/items", null, "/operations/list", "lacks the member 'items'" },
        { "/operations/list/id", null, "/operations/list", "lacks the member 'id'" },
        { "/operations/list/marker", null, "/operations/list", "lacks the member 'marker'" },
        { "/operations/list/items", "\"data\"", "/operations/list/items", "is not a JSON Pointer (RFC 6901)" },
        { "/operations/list/only/0/absent", "true", "/operations/list/only/0", "does not say exactly one thing about its place" },
        { "/operations/list/only/0/equals", "\"{{vault:management}}\"", "/operations/list/only/0/equals", "would put a secret where it can be logged or compared" },
        { "/operations/list/paging", null, "/operations/list/request/url", "uses 'page', which has no value here" },
        { "/operations/list/paging/total", null, "/operations/list/paging", "lacks the member 'total'" },
        { "/operations/list/paging", """{"kind":"url"}""", "/operations/list/paging", "lacks the member 'next'" },
        { "/operations/list/paging", """{"kind":"token","next":"/n"}""", "/operations/list/paging", "lacks the member 'parameter'" },
        { "/operations/list/paging", """{"kind":"offset","total":"/t"}""", "/operations/list/paging", "lacks the member 'size'" },
        { "/operations/list/paging/first", "2", "/operations/list/paging/first", "is not a whole number from 0 to 1" },
        { "/operations/list/request/url", "\"{{p.baseUrl}}/x\"", "/operations/list", "never says which page it asks for" },
        { "/operations/issue/request/body/value/description", "\"ours\"", "/operations/issue", "never sends the marker" },
        { "/operations/issue/request/body/value/roles", "\"{{p.roles}}\"", "/operations/issue/request/body/value/roles", "sends a list as one text" },
        { "/operations/issue/request/body/value/roles", "\"a {{p.roles|list}}\"", "/operations/issue/request/body/value/roles", "puts a list into the middle of a text" },
        { "/operations/issue/request/body/value/roles", "\"{{p.merchantId|list}}\"", "/operations/issue/request/body/value/roles", "makes a list where none can be" },
        { "/operations/issue/request/url", "\"{{p.baseUrl}}/{{p.roles|list}}\"", "/operations/issue/request/url", "makes a list where none can be" },
        { "/operations/issue/request/headers", """{"X-Roles":"{{p.roles|list}}"}""", "/operations/issue/request/headers/X-Roles", "makes a list where none can be" },
        { "/operations/issue/extract/id", null, "/operations/issue/extract", "lacks the member 'id'" },
        { "/operations/verify/credentialId/pointer", "\"id\"", "/operations/verify/credentialId/pointer", "is not a JSON Pointer (RFC 6901)" },
        { "/capabilities/list", "\"none\"", "/operations/list", "describes a call, but capabilities say that nothing can be listed" },
        { "/capabilities/retireBy", "\"secret-value\"", "/capabilities", "lists credentials that it could not retire, because a list never shows a value" },
        { "/capabilities/list", "\"ids\"", "/operations/list/marker", "is given, but capabilities say that only ids are shown" },
        { "/operations/retire/hold", "\"PT1H\"", "/operations/retire", "holds without a look, or looks without a hold" },
        { "/capabilities/retireBy", "\"disable-then-delete\"", "/operations/retire", "lacks the member 'disable'" },
        { "/operations/recover", "{}", "/operations", "reads back and does not say how" },
        { "/parameters/roles/default", "\"a;;b\"", "/parameters/roles/default", "does not fit its type" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Is_refused_with_place_fault_and_remedy(string changed, string? value, string place, string what)
        => AssertTold(Changed((changed, value)), place, what);

    [Theory]
    [MemberData(nameof(FaultsOfLists))]
    public void Is_refused_when_its_list_would_prove_nothing(string changed, string? value, string place, string what)
        => AssertTold(Changed("adyen-merchant-credential", (changed, value)), place, what);

    private static void AssertTold(string text, string place, string what)
    {
        var problem = ProblemsOf(text).FirstOrDefault(problem => problem.Place == place && problem.What.StartsWith(what, StringComparison.Ordinal));

        Assert.NotNull(problem);
        Assert.Equal(File, problem.File);
        Assert.NotEmpty(problem.Remedy);
    }

    [Fact]
    public void Tells_everything_that_is_wrong_at_once()
    {
        var text = Changed(("/redact/0", "\"x\""), ("/allowedHosts/1", "\"*\""), ("/operations/verify/request/url", "\"{{no}}\""), ("/operations/issue/request/method", "\"GOT\""));

        Assert.Equal(
            ["/allowedHosts/1", "/operations/issue/request/method", "/operations/verify/request/url", "/redact/0"],
            ProblemsOf(text).Select(problem => problem.Place).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"provider":"abc","provider":"abd"}""")]
    [InlineData("""{"provider":"\ud800"}""")]
    public void Is_refused_when_it_is_no_file_of_this_kind_at_all(string text) => Assert.NotEmpty(ProblemsOf(text));

    [Fact]
    public void May_not_take_the_kind_of_another()
    {
        using var world = new ProviderWorld(Changed());

        var problem = Assert.Single(Assert.Throws<ProviderFileException>(() => world.Catalog).Problems);

        Assert.Equal((File, "/provider"), (problem.File, problem.Place));
    }

    [Fact]
    public void Says_the_same_after_being_frozen_and_read_again()
    {
        using var world = new ProviderWorld();
        var spaced = JsonNode.Parse(world.Adyen.Configuration)!.ToJsonString(new() { WriteIndented = true });

        Assert.Equal(world.Adyen.Configuration, world.Catalog.Restore(world.Adyen.Kind, spaced).Configuration);
    }

    private static IReadOnlyList<ProviderFileProblem> ProblemsOf(string text)
    {
        using var world = new ProviderWorld(text);
        return Assert.Throws<ProviderFileException>(() => world.Catalog).Problems;
    }

    private static string Changed(params (string Place, string? Value)[] changes) => Changed("adyen-merchant-api-key", changes);

    private static string Changed(string kind, params (string Place, string? Value)[] changes)
    {
        using var world = new ProviderWorld();
        var file = JsonNode.Parse(world.Catalog.Find(kind)!.Configuration)!;
        foreach (var (place, value) in changes)
        {
            var names = place.Split('/')[1..];
            var parent = names[..^1].Aggregate(file, (node, name) => node is JsonArray list ? list[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)]! : node[name]!);
            var node = value is null ? null : JsonNode.Parse(value);
            if (parent is JsonArray items) items[int.Parse(names[^1], System.Globalization.CultureInfo.InvariantCulture)] = node;
            else if (node is null) parent.AsObject().Remove(names[^1]);
            else parent[names[^1]] = node;
        }

        return file.ToJsonString();
    }
}
