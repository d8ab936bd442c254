using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Hooks;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Turns a vendor file into a checked document, or tells everything that is wrong with it at once.</summary>
internal static partial class DocumentReader
{
    private const int LengthMax = 256 * 1024;
    private static readonly ProviderFacts s_untold = new(ProviderGroup.Software, ProviderStatus.Documented, [], "its author", DateOnly.MinValue);
    private static readonly string[] Sets = ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "-._~"];
    private static readonly JsonDocumentOptions Lenient = new() { AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Null when a problem was told.</summary>
    public static VendorDocument? Read(ProviderFile file, List<ProviderFileProblem> problems)
    {
        if (file.Text.Length > LengthMax)
        {
            problems.Add(new ProviderFileProblem(file.Name, "", "is larger than 256 K characters", "a vendor fits on a few pages; split it"));
            return null;
        }

        var before = problems.Count;
        try
        {
            using var json = JsonDocument.Parse(file.Text, Lenient);
            var document = Read(new Node(file.Name, json.RootElement.Clone(), "", problems), JsonSerializer.Serialize(json.RootElement));
            return problems.Count == before ? document : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            var line = unreadable is JsonException { LineNumber: { } number } ? $" (line {number + 1})" : "";
            problems.Add(new ProviderFileProblem(file.Name, "", $"is not JSON{line}", "correct the syntax; members may not be repeated"));
            return null;
        }
    }

    /// <summary>What parameters and management credentials may be called.</summary>
    public static bool IsName(string text) => NamePattern().IsMatch(text);

    public static bool IsQueryName(string text) => QueryPattern().IsMatch(text);

    private static VendorDocument? Read(Node root, string text)
    {
        if (!root.IsObjectOf("$schema", "schemaVersion", "provider", "facts", "parameters", "allowedHosts", "loopback", "ownHost", "capabilities", "material", "auth", "operations", "errors", "retryAfter", "redact"))
            return null;

        if (root.Need("schemaVersion", "write \"schemaVersion\": 1")?.Integer(1, int.MaxValue) is { } version and not 1)
            root.Find("schemaVersion")!.Problem($"is {version}, which this version cannot read", "write 1, or use a newer version of the app");

        var kind = ReadKind(root);
        var facts = root.Find("facts") is { } told ? ReadFacts(told) : s_untold;
        var parameters = ReadParameters(root);
        var hosts = ReadHosts(root, parameters);
        var capabilities = root.Need("capabilities", "state the provider's traits") is { } traits ? CapabilitiesReader.Read(traits, parameters) : null;
        var errors = root.Find("errors")?.Items().Select(item => ReadError(item, parameters)).OfType<ErrorRule>().ToList() ?? [];
        var redact = root.Find("redact")?.Items().Select(item => item.Pointer()).OfType<JsonPointer>().ToList() ?? [];
        var auth = AuthReader.Read(root, parameters, hosts, needsManagement: capabilities?.Fixed.HandedIn is not true);

        var material = ReadMaterial(root, capabilities?.Fixed.SecretOrigin ?? default);
        if (capabilities is not null && AuthReader.IsSelf(root) != capabilities.Fixed.SelfManaged)
            root.Find("capabilities")!.Problem("says something else about self-management than auth does", "set selfManaged to true exactly where auth/management is of kind self");

        if (root.Need("operations", "describe at least issue and verify") is not { } operations || capabilities is null) return null;

        return new OperationReader(parameters, hosts, auth, capabilities, material).Read(operations) is { } read
            ? new VendorDocument
            {
                Provider = kind,
                Text = text,
                Facts = facts,
                Parameters = parameters,
                Hosts = hosts,
                Capabilities = capabilities,
                Material = material,
                Operations = read,
                Errors = errors,
                Pause = ReadPause(root),
                Redact = redact,
                SecretNames = [.. read.Templates.SelectMany(template => template.Placeholders)
                    .Where(placeholder => placeholder.Source is Source.Vault)
                    .Select(placeholder => placeholder.Name)
                    .Distinct(StringComparer.Ordinal)
                    .Order(StringComparer.Ordinal)],
            }
            : null;
    }

    private static Material? ReadMaterial(Node root, SecretOrigin origin)
    {
        if (root.Find("material") is not { } node)
        {
            if (origin is not SecretOrigin.Provider) root.Problem("lacks the member 'material'", "say how the caller makes the value, or set capabilities/secretOrigin to provider");
            return null;
        }

        if (origin is SecretOrigin.Provider) node.Problem("makes a value that the provider makes", "remove it, or set capabilities/secretOrigin to caller or caller-key-pair");
        if (!node.IsObjectOf("hook", "length", "sets")) return null;
        if (node.Find("hook") is { } hook)
        {
            if (hook.Choice((RsaKeyPair.Name, 1)) is null) return null;
            if (origin is SecretOrigin.Caller) hook.Problem("makes a key pair", "set capabilities/secretOrigin to caller-key-pair");
            return new Material(RsaKeyPair.Name, 0, []);
        }

        if (origin is SecretOrigin.CallerKeyPair) node.Problem("makes a text where a key pair is said to be made", $"set hook to {RsaKeyPair.Name}");
        var length = node.Need("length", "write how many characters the value has")?.Integer(16, 512) ?? 16;
        var sets = node.Need("sets", "list what characters it is made of")?.Items()
            .Select(item => item.Choice(("lower", 0), ("upper", 1), ("digit", 2), ("symbol", 3))).OfType<int>().Select(set => Sets[set]).ToList() ?? [];
        if (sets.Count == 0) node.Problem("names no characters", "list at least one of lower, upper, digit, symbol");
        // Under this it could be guessed: 128 bits.
        if (length * Math.Log2(Math.Max(1, sets.Sum(set => set.Length))) < 120) node.Find("length")?.Problem("makes a value that could be guessed", "make it longer or add sets");
        return new Material(null, length, sets);
    }

    private static PauseHeader? ReadPause(Node root)
        => root.Find("retryAfter") is { } node && node.IsObjectOf("header", "as")
            && node.Need("header", "name the header")?.Text() is { } name
            && node.Need("as", "say what it counts")?.Choice(("seconds", PauseForm.Seconds), ("unixSeconds", PauseForm.UnixSeconds), ("date", PauseForm.Date)) is { } form
            ? new PauseHeader(name, form)
            : null;

    private static string ReadKind(Node root)
    {
        var kind = root.Need("provider", "name the provider kind")?.Text() ?? "";
        if (kind.Length > 0 && !KindPattern().IsMatch(kind))
            root.Find("provider")!.Problem("is no provider kind", "use 3 to 60 characters of a-z, 0-9 and single hyphens, beginning with a letter");
        return kind;
    }

    private static ProviderFacts ReadFacts(Node node)
    {
        if (!node.IsObjectOf("group", "status", "permissions", "source", "readOn")) return s_untold;

        var group = node.Need("group", "say what its credentials open: payments, software, azure or data")
            ?.Choice(("payments", ProviderGroup.Payments), ("software", ProviderGroup.Software), ("azure", ProviderGroup.Azure), ("data", ProviderGroup.Data)) ?? default;
        var status = node.Need("status", "say how well it is known: documented, contract or live")
            ?.Choice(("documented", ProviderStatus.Documented), ("contract", ProviderStatus.Contract), ("live", ProviderStatus.Live)) ?? default;
        var permissions = node.Need("permissions", "list what must be allowed at the provider")?.Items().Select(item => item.Text()).OfType<string>().ToList() ?? [];
        var source = node.Need("source", "say where the vendor says so")?.Text() ?? "";
        var readOn = node.Need("readOn", "say when that was read, for example 2026-09-30");
        if (!DateOnly.TryParseExact(readOn?.Text(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) readOn?.Problem("is not a day", "write it as 2026-09-30");
        return new ProviderFacts(group, status, permissions, source, day);
    }

    private static Dictionary<string, ParameterDeclaration> ReadParameters(Node root)
    {
        var declared = new Dictionary<string, ParameterDeclaration>(StringComparer.Ordinal);
        if (root.Find("parameters") is not { } parameters || !parameters.IsObject()) return declared;

        foreach (var (name, node) in parameters.Members())
        {
            if (!IsName(name)) node.Problem("has a name that no setting can have", "use 1 to 60 characters of a-z, A-Z, 0-9, -");
            if (!node.IsObjectOf("type", "default")) continue;

            var type = node.Need("type", "use string, uri, integer, duration, list or json")?.Choice(
                ("string", ParameterType.String), ("uri", ParameterType.Uri), ("integer", ParameterType.Integer), ("duration", ParameterType.Duration), ("list", ParameterType.List), ("json", ParameterType.Json));
            var declaration = new ParameterDeclaration(type ?? ParameterType.String, node.Find("default")?.Text());
            if (type is not null && declaration.Default is { } standard && declaration.Fault(standard) is { } shape)
                node.Find("default")!.Problem("does not fit its type", $"write {shape}");
            declared[name] = declaration;
        }

        return declared;
    }

    private static AllowedHosts ReadHosts(Node root, Dictionary<string, ParameterDeclaration> parameters)
    {
        var hosts = new List<string>();
        foreach (var item in root.Need("allowedHosts", "list every host that this provider's requests may go to")?.Items() ?? [])
        {
            if (item.Text() is not { } host) continue;

            if (HostPattern().IsMatch(host)) hosts.Add(host);
            else item.Problem("is not a host name", "write it in lower case without scheme, port, path or placeholder, for example api.example.com; only *.example.com, for one more label, may hold a star");
        }

        var own = root.Find("ownHost")?.Text();
        if (own is not null && (!parameters.TryGetValue(own, out var parameter) || parameter.Type is not ParameterType.Uri || parameter.Default is not null))
            root.Find("ownHost")!.Problem("names no address that every account sets", "name a parameter of type uri without a default");
        return new AllowedHosts(hosts, root.Find("loopback")?.Flag() ?? false) { OwnHost = own };
    }

    private static ErrorRule? ReadError(Node node, Dictionary<string, ParameterDeclaration> parameters)
    {
        if (!node.IsObjectOf(["class", .. MatchReader.Members])) return null;

        var match = MatchReader.ReadMembers(node, new TemplateRules(parameters, Known.Nothing, HasSecrets: false));
        var meaning = node.Need("class", "say what the error means")?.Choice(
            ("rejected", ErrorClass.Rejected), ("throttled", ErrorClass.Throttled), ("conflict", ErrorClass.Conflict),
            ("noCapacity", ErrorClass.NoCapacity), ("unknown", ErrorClass.Unknown)) ?? default;
        if (match.Statuses.Any(status => status is < 200 or (> 299 and < 400)))
            node.Find("status")!.Problem("calls an answer below 400 an error", "use 400 to 599, or 200 to 299 with codes that only an error has");
        if (meaning is not ErrorClass.Unknown && match.Statuses.Any(status => status is 408 or >= 500))
            node.Find("status")!.Problem("claims to know what happened after a time-out or a server's failure", "408 and 500 to 599 are always unknown");
        return new ErrorRule(match, meaning);
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9_.\[\]-]{1,60}\z", RegexOptions.CultureInvariant)]
    private static partial Regex QueryPattern();

    [GeneratedRegex(@"\A[a-z](?:-?[a-z0-9]){2,59}\z", RegexOptions.CultureInvariant)]
    private static partial Regex KindPattern();

    [GeneratedRegex(@"\A[a-zA-Z][a-zA-Z0-9-]{0,59}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A(?=.{4,253}\z)(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex HostPattern();
}
