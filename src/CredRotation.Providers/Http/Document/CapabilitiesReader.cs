using System.Text.Json;
using CredRotation.Engine;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads the traits block and refuses combinations that contradict themselves.</summary>
internal static class CapabilitiesReader
{
    /// <summary>Nothing is sent, so nothing is repeated: a person makes it and hands it in.</summary>
    private const string HandedIn = "handed-in";

    /// <summary>rot-, an installation, a rotation and an attempt.</summary>
    private const int MarkerLength = 40;

    private static readonly string[] Durations = ["listSettle", "activationDelayMax", "retireDelayMax", "landingMax", "lifetimeMax", "idempotencyWindow"];

    public static Capabilities? Read(Node node, IReadOnlyDictionary<string, ParameterDeclaration> parameters)
    {
        if (!node.IsObjectOf(
            "topology", "secretOrigin", "oldValidity", "retireBy", "issueReplay", "list", "listSettle", "selfManaged", "activationDelayMax",
            "retireDelayMax", "landingMax", "lifetimeMax", "idempotencyWindow", "slots", "marker", "refusedProbesAllowed", "probeStartsClock", "probeNetworkBound", "forbiddenProvesAlive"))
            return null;

        var durations = Durations.Where(name => node.Find(name) is not null)
            .ToDictionary(name => name, name => ReadDuration(node.Find(name)!, parameters), StringComparer.Ordinal);
        var (mode, start) = ReadOldValidity(node, parameters, durations);
        var traits = new ProviderTraits
        {
            Topology = node.Need("topology", "say how many credentials may live at once: overlap, pair or in-place")
                ?.Choice(("overlap", Topology.Overlap), ("pair", Topology.Pair), ("in-place", Topology.InPlace)) ?? default,
            SecretOrigin = node.Find("secretOrigin")?.Choice(("provider", SecretOrigin.Provider), ("caller", SecretOrigin.Caller), ("caller-key-pair", SecretOrigin.CallerKeyPair)) ?? default,
            IssueReplay = node.Need("issueReplay", "say what a repeated issue does")?.Choice(
                ("none", IssueReplay.None),
                ("idempotency-key", IssueReplay.IdempotencyKey),
                ("same-material", IssueReplay.SameMaterial),
                ("read-back", IssueReplay.ReadBack),
                ("reissue-orphan-expires", IssueReplay.ReissueOrphanExpires),
                ("reissue-cancels-pending", IssueReplay.ReissueCancelsPending),
                ("reissue-forbidden", IssueReplay.ReissueForbidden),
                (HandedIn, IssueReplay.ReadBack)) ?? default,
            HandedIn = node.Find("issueReplay")?.Element is { ValueKind: JsonValueKind.String } replay && replay.GetString() == HandedIn,
            OldValidity = mode,
            ClockStart = start,
            RetireBy = node.Need("retireBy", "say how the old credential dies: timer, id, secret-value, disable-then-delete, promote or person")
                ?.Choice(("timer", RetireBy.TimerOnly), ("id", RetireBy.Id), ("secret-value", RetireBy.SecretValue), ("disable-then-delete", RetireBy.DisableThenDelete), ("promote", RetireBy.Promote), ("person", RetireBy.Human)) ?? default,
            Slots = node.Find("slots")?.Integer(2, 1000),
            CanList = node.Need("list", "say none, ids, or full where every credential that lives can be listed with its marker")?.Choice(("none", false), ("ids", true), ("full", true)) ?? false,
            ListShowsMarker = node.Find("list") is not { Element.ValueKind: JsonValueKind.String } listed || listed.Element.GetString() != "ids",
            SelfManaged = node.Find("selfManaged")?.Flag() ?? false,
            RefusedProbesAllowed = node.Find("refusedProbesAllowed")?.Integer(1, 1000) ?? 20,
            ProbeStartsClock = node.Find("probeStartsClock")?.Flag() ?? false,
            ProbeNetworkBound = node.Find("probeNetworkBound")?.Flag() ?? false,
            ForbiddenProvesAlive = node.Find("forbiddenProvesAlive")?.Flag() ?? false,
        };
        CheckTogether(node, traits);
        if (node.Find("marker") is { } marker && marker.IsObjectOf("maxLength") && marker.Need("maxLength", "write how long it may be")?.Integer(1, 10_000) is < MarkerLength)
            marker.Problem("leaves too little room for a marker of ours", $"it takes {MarkerLength} characters of a-z, 0-9 and -; set list to ids if nothing that is listed holds as much");
        return new Capabilities(traits, durations);
    }

    private static (OldValidity Mode, ClockStart Start) ReadOldValidity(
        Node node, IReadOnlyDictionary<string, ParameterDeclaration> parameters, Dictionary<string, DurationSetting> durations)
    {
        if (node.Need("oldValidity", "say how long the old credential lives, for example { \"mode\": \"until-retired\" }") is not { } old
            || !old.IsObjectOf("mode", "startsAt", "fixed", "parameter", "unit", "min", "max"))
            return default;

        var mode = old.Need("mode", "use timer, until-retired or immediate")
            ?.Choice(("timer", OldValidity.Timer), ("until-retired", OldValidity.UntilRetired), ("immediate", OldValidity.Immediate)) ?? default;
        if (mode is not OldValidity.Timer)
        {
            foreach (var name in new[] { "startsAt", "fixed", "parameter", "unit", "min", "max" })
                old.Find(name)?.Problem("belongs to a timer, and there is none", "remove it or set mode to timer");
            return (mode, default);
        }

        var start = old.Need("startsAt", "say what starts the timer: issue, first-use or approval")
            ?.Choice(("issue", ClockStart.Issue), ("first-use", ClockStart.FirstUse), ("approval", ClockStart.Approval)) ?? default;
        if (ReadLife(old, parameters) is { } setting)
            durations["oldLife"] = setting with { Min = old.Find("min") is { } least ? ReadDuration(least, parameters).Fixed : null, Max = old.Find("max") is { } most ? ReadDuration(most, parameters).Fixed : null };
        return (mode, start);
    }

    private static DurationSetting? ReadLife(Node old, IReadOnlyDictionary<string, ParameterDeclaration> parameters)
    {
        if (old.Find("parameter") is { } named)
        {
            old.Find("fixed")?.Problem("is given beside a parameter", "remove one of the two");
            if (named.Text() is not { } name) return null;

            var unit = old.Need("unit", "say what the number counts")?.Choice(
                ("seconds", TimeSpan.TicksPerSecond), ("minutes", TimeSpan.TicksPerMinute), ("hours", TimeSpan.TicksPerHour), ("days", TimeSpan.TicksPerDay));
            if (parameters.TryGetValue(name, out var parameter) && parameter.Type is ParameterType.Integer) return unit is { } ticks ? new DurationSetting(null, name, TimeSpan.FromTicks(ticks)) : null;

            named.Problem("names no parameter that is a whole number", "declare it with type integer, or write fixed with a duration");
            return null;
        }

        old.Find("unit")?.Problem("belongs to a parameter", "remove it");
        if (old.Need("fixed", "say how long the old credential lives, for example PT24H") is not { } life) return null;

        var setting = ReadDuration(life, parameters);
        if (setting.Fixed == TimeSpan.Zero) life.Problem("is a timer without time", "use mode immediate if the old credential dies at once");
        return setting;
    }

    public static DurationSetting ReadDuration(Node node, IReadOnlyDictionary<string, ParameterDeclaration> parameters)
    {
        if (node.Text() is not { } text) return new DurationSetting(TimeSpan.Zero, null);
        if (Duration.Parse(text) is { } span) return new DurationSetting(span, null);

        if (text.StartsWith("{{p.", StringComparison.Ordinal) && text.EndsWith("}}", StringComparison.Ordinal)
            && parameters.TryGetValue(text[4..^2], out var parameter) && parameter.Type is ParameterType.Duration)
            return new DurationSetting(null, text[4..^2]);

        node.Problem("is not a duration", $"write {Duration.Shape}, or {{{{p.name}}}} of a declared parameter of type duration");
        return new DurationSetting(TimeSpan.FromSeconds(1), null);
    }

    private static void CheckTogether(Node node, ProviderTraits traits)
    {
        if (traits.RetireBy is RetireBy.TimerOnly && traits.OldValidity is OldValidity.UntilRetired)
            node.Problem("retires by timer, but the old credential lives until it is retired", "set oldValidity to a timer, or retireBy to id or secret-value");
        if (traits.RetireBy is not RetireBy.TimerOnly && traits.OldValidity is OldValidity.Immediate)
            node.Problem("retires by a call, but the old credential dies at once", "set retireBy to timer");
        if (traits.IssueReplay is IssueReplay.ReissueOrphanExpires && traits.OldValidity is not OldValidity.Timer)
            node.Problem("says that a lost key expires, but names no timer", "set oldValidity to a timer, or issueReplay to none");
        if (traits.IssueReplay is IssueReplay.IdempotencyKey && node.Find("idempotencyWindow") is null)
            node.Problem("lacks the member 'idempotencyWindow'", "say for how long the provider remembers an idempotency key, for example PT24H");
        if (traits.IssueReplay is not IssueReplay.IdempotencyKey)
            node.Find("idempotencyWindow")?.Problem("is given without an idempotency key", "remove it or set issueReplay to idempotency-key");
        if (traits.IssueReplay is IssueReplay.SameMaterial && traits.SecretOrigin is SecretOrigin.Provider)
            node.Problem("repeats a value of the caller's, and the provider makes it", "set secretOrigin to caller, or correct issueReplay");
        if (traits.SecretOrigin is not SecretOrigin.Provider && traits.IssueReplay is not (IssueReplay.SameMaterial or IssueReplay.IdempotencyKey or IssueReplay.ReadBack))
            node.Problem("sends a value of the caller's, and a repeat is said to do something else than set it again", "set issueReplay to same-material");
        if (traits is { Topology: Topology.Pair, OldValidity: not OldValidity.UntilRetired })
            node.Problem("is a pair whose old slot ends by itself", "set oldValidity to until-retired");
        if (traits.RetireBy is RetireBy.Promote != traits.Topology is Topology.Pair)
            node.Problem("promotes without a pair, or has a pair that is not promoted", "use pair and promote together; a pair of fixed slots needs a provider of its own");
        if (traits is { CanList: true, HandedIn: true })
            node.Problem("lists credentials by the marker of a call that is never made", "set list to none");
        if (traits is { CanList: true, RetireBy: RetireBy.SecretValue })
            node.Problem("lists credentials that it could not retire, because a list never shows a value", "set retireBy to id, or list to none");
        if (traits is { CanList: true, RetireBy: RetireBy.TimerOnly })
            node.Problem("lists credentials that it could not retire, because only a timer ends them", "set list to none, or describe retire and set retireBy to id");
        if (traits is { Topology: Topology.InPlace, SelfManaged: true })
            node.Problem("manages itself in place: one lost answer would lock everybody out", "use a separate management credential");
        if (traits.Topology is Topology.InPlace != traits.OldValidity is OldValidity.Immediate)
            node.Problem("in-place and an old credential that dies at once belong together", "use both or neither");
    }
}
