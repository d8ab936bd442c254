using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Hooks;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>Reads the operations and checks that they can do what the traits promise.</summary>
internal sealed class OperationReader(
    IReadOnlyDictionary<string, ParameterDeclaration> parameters, AllowedHosts hosts, IReadOnlyDictionary<string, AuthScheme> auth, Capabilities capabilities, Material? material)
{
    private const int StepsMax = 7, StepsLengthMax = 280;
    private readonly ProviderTraits _traits = capabilities.Fixed;

    /// <summary>What an issue may say about the value that the caller made, and about how long the old one lives.</summary>
    private readonly Known _issued = Known.Ticket
        | (capabilities.Durations.ContainsKey("oldLife") ? Known.Overlap : Known.Nothing)
        | (capabilities.Fixed.SecretOrigin is SecretOrigin.Caller ? Known.Material : Known.Nothing)
        | (material?.Hook is RsaKeyPair.Name ? Known.KeyPair : Known.Nothing);

    public Operations? Read(Node node)
    {
        if (!node.IsObjectOf("target", "issue", "verify", "retire", "list", "recover")) return null;

        var lists = new ListReader(parameters, _traits, (call, known) => ReadCall(call, "management", known));
        var target = node.Find("target") is { } look ? ReadTarget(look, lists) : null;
        var make = node.Need("issue", "describe the request that makes a new credential, or what a person does");
        var issueSteps = _traits.HandedIn && make is not null ? ReadSteps(make, Known.Ticket) : null;
        var issue = !_traits.HandedIn && make is not null ? ReadIssue(make, lists) : null;
        var verify = node.Need("verify", "describe a read-only request that the new credential may make") is { } probe ? ReadVerify(probe, issue?.Store) : null;
        var end = node.Find("retire");
        var retireSteps = _traits.RetireBy is RetireBy.Human && end is not null ? ReadSteps(end, Known.Nothing) : null;
        var retire = _traits.RetireBy is not RetireBy.Human && end is not null ? ReadRetire(end) : null;
        var list = node.Find("list") is { } all ? lists.Read(all) : null;
        var recover = node.Find("recover") is { } again ? ReadRecover(again) : null;

        CheckList(node, issue);
        if (_traits is { IssueEndangersOld: true, HandedIn: false } && node.Find("target") is null)
            node.Problem("lacks the member 'target'", "issuing here starts the end of the old credential, so describe a request that shows the target first");
        if (_traits.RetireBy is RetireBy.TimerOnly)
            node.Find("retire")?.Problem("describes a call, but capabilities say that a timer retires", "remove it or correct retireBy");
        if (_traits.RetireBy is not RetireBy.TimerOnly && node.Find("retire") is null)
            node.Problem("lacks the member 'retire'", "describe the request that ends the old credential, or set retireBy to timer");
        if (_traits is { IssueReplay: IssueReplay.ReadBack, HandedIn: false } != node.Find("recover") is not null)
            node.Problem("reads back and does not say how, or the other way round", "describe recover exactly where issueReplay is read-back");

        return (issue is not null || issueSteps is not null) && verify is not null ? new Operations(target, issue, issueSteps, verify, retire, retireSteps, list, recover) : null;
    }

    private void CheckList(Node node, IssueOperation? issue)
    {
        if (_traits.CanList && node.Find("list") is null)
            node.Problem("lacks the member 'list'", "capabilities say that credentials can be listed, so describe the request, or set capabilities/list to none");
        if (!_traits.CanList)
            node.Find("list")?.Problem("describes a call, but capabilities say that nothing can be listed", "remove it or set capabilities/list to full");
        if (_traits.CanFindByMarker && issue is not null && !issue.Call.Names(Source.Marker))
            node.Find("issue")!.Problem("never sends the marker, so that what a lost answer made could not be found in the list", "put {{marker}} where the list shows it, or set capabilities/list to ids");
    }

    private TargetOperation? ReadTarget(Node node, ListReader lists)
    {
        if (node.Find("find") is { } search) return node.IsObjectOf("find") && lists.ReadFind(search) is { } find ? new TargetOperation(null, find) : null;

        return node.IsObjectOf("auth", "request", "success") && ReadCall(node, "management", Known.Nothing) is { } call ? new TargetOperation(call, null) : null;
    }

    private IssueOperation? ReadIssue(Node node, ListReader lists)
    {
        if (!node.IsObjectOf("auth", "find", "before", "onlyOld", "request", "success", "extract", "store")) return null;

        var find = node.Find("find") is { } search ? lists.ReadFind(search) : null;
        var call = ReadCall(node, "management", _issued | Known.Old | (node.Find("find") is null ? Known.Nothing : Known.Found));
        if (call is not null && call.Names(Source.OldSecret)) node.Problem("sends the old secret", "an issue may name the old credential only by {{old.id}}");
        var before = node.Find("before") is { } step && step.IsObjectOf("auth", "request", "success", "alreadyGone") ? ReadStep(step, Known.Ticket) : null;
        var isCallers = _traits.SecretOrigin is not SecretOrigin.Provider;
        var extract = isCallers ? node.Find("extract") : node.Need("extract", "say where the answer holds the secret");
        if (extract is null && !isCallers) return null;
        if (extract is not null && !extract.IsObjectOf("secret", "id", "expiresAt", "oldValidUntil")) return null;

        var place = isCallers ? extract?.Find("secret") : extract!.Need("secret", "say where the answer holds the secret");
        var secret = place is null ? null : PickReader.Read(place, Rules(Known.Ticket), ["decrypt"]);
        var isEncrypted = place?.Find("decrypt")?.Choice((JweRsa.Name, true)) ?? false;
        if (isEncrypted && material?.Hook is not RsaKeyPair.Name) place!.Problem("is encrypted to a key that nobody has", $"set material/hook to {RsaKeyPair.Name}");
        if (secret is Pick.Filled or Pick.Either) place!.Problem("takes the secret from somewhere else than the answer", "use pointer, header, or items with where");
        if (_traits.RetireBy is RetireBy.Id or RetireBy.DisableThenDelete && extract?.Find("id") is null)
            (extract ?? node).Problem("lacks the member 'id'", "capabilities say that an id retires, so say where the answer holds it");
        if (_traits.IssueReplay is IssueReplay.IdempotencyKey && call is not null && !call.Names(Source.IdempotencyKey))
            node.Problem("never sends the idempotency key", "put {{idempotencyKey}} into a header or the body, or set issueReplay to none");
        if (_traits.IssueReplay is IssueReplay.IdempotencyKey && call is not null && call.Names(Source.OverlapEnd))
            node.Problem("says another thing with every repeat", "overlapEnd moves with the clock; with an idempotency key a repeat must be byte for byte the same");
        if (isCallers && !isEncrypted && call is not null && !call.Names(Source.Material) && !call.Names(Source.MaterialPublicKey))
            node.Problem("never sends what the caller made", "put {{material}}, or {{material.publicKey}} of a key pair, into the body");

        var store = node.Find("store") is { } form ? StoredForm.Read(form, new TemplateRules(parameters, Known.New, HasSecrets: true)) : null;
        if (node.Find("store") is { } composite && isCallers) composite.Problem("stores another value than the one that the caller made", "remove it");
        if (node.Find("store") is { } own && _traits.SelfManaged) own.Problem("stores a form that its own management call cannot read", "remove it");
        return call is null || (secret is null && !isCallers) ? null : new IssueOperation(
            find,
            before,
            node.Find("onlyOld")?.Text(),
            call,
            secret,
            isEncrypted,
            extract?.Find("id") is { } handle ? PickReader.Read(handle, Rules(_issued)) : null,
            extract?.Find("expiresAt") is { } end ? PickReader.ReadInstant(end, Rules(_issued)) : null,
            extract?.Find("oldValidUntil") is { } old ? PickReader.ReadInstant(old, Rules(_issued)) : null,
            store);
    }

    /// <summary>What a person does, as one line with numbered steps.</summary>
    private Template? ReadSteps(Node node, Known known)
    {
        if (!node.IsObjectOf("byPerson") || node.Need("byPerson", "say in short steps what a person does at the provider") is not { } said) return null;

        var rules = new TemplateRules(parameters, known, HasSecrets: false);
        var steps = said.Items().Select(step => Template.Read(step, rules)).OfType<Template>().ToList();
        if (steps.Count is 0 or > StepsMax || steps.Sum(step => step.Text.Length) > StepsLengthMax)
        {
            said.Problem("is not told in a few short steps", $"write 1 to {StepsMax} steps of at most {StepsLengthMax} characters together: they stand on a card");
            return null;
        }

        return steps.Select((step, index) => step.After($"{(index == 0 ? "" : " ")}{index + 1}. ")).Aggregate((one, next) => one.And(next));
    }

    private VerifyOperation? ReadVerify(Node node, StoredForm? store)
    {
        if (!node.IsObjectOf("auth", "request", "success", "identity", "credentialId", "refused", "notYet", "forbidden")) return null;

        var scheme = ReadAuth(node, "candidate", Known.New);
        var isTokenOnly = node.Find("request") is null && scheme?.Token is not null;
        if (isTokenOnly) node.Find("success")?.Problem("judges an answer to no request", "remove it: the token is the proof, or describe the request");
        var call = isTokenOnly ? null : ReadCall(node, "candidate", Known.New);
        if (scheme is not null && (isTokenOnly || call is not null) && !(call?.Names(Source.NewSecret) ?? Names(scheme, Source.NewSecret)))
            node.Problem("never uses the new secret, so it proves nothing", "use \"auth\": \"candidate\" with {{new.secret}}");

        var identity = node.Find("identity") is { } owner ? PickReader.Read(owner, Rules(Known.New)) : null;
        var id = node.Find("credentialId") is { } tried ? PickReader.Read(tried, Rules(Known.New)) : null;
        if (id is Pick.Filled && store is not { HasId: true }) node.Find("credentialId")!.Problem("cannot know the id", "only a stored form with {{new.id}} shows it; else use pointer or header");
        var refused = ReadRefusal(node, "refused") ?? AnswerMatch.Of(401);
        var notYet = ReadRefusal(node, "notYet");
        var forbidden = ReadRefusal(node, "forbidden") ?? AnswerMatch.Of(403);
        // With codes one status may well have two meanings.
        if (refused.Codes.Count + refused.Require.Count + forbidden.Codes.Count + forbidden.Require.Count == 0 && refused.Statuses.Intersect(forbidden.Statuses).Any())
            node.Problem("gives one status two meanings", "name each status under refused or forbidden, not both");
        return scheme is null || (call is null && !isTokenOnly) ? null : new VerifyOperation(scheme, call, identity, id, notYet is null ? [refused] : [refused, notYet], forbidden);
    }

    private AnswerMatch? ReadRefusal(Node node, string name)
    {
        if (node.Find(name) is not { } said || MatchReader.Read(said, Rules(Known.New)) is not { } match) return null;

        if (match.Statuses.Any(status => status is < 200 or (>= 300 and < 400) or >= 500)) said.Problem("names a status that says nothing of the kind", "use 400 to 499, or 200 to 299 with codes or require");
        return match;
    }

    private RetireOperation? ReadRetire(Node node)
    {
        if (!node.IsObjectOf("auth", "request", "success", "alreadyGone", "disable", "look", "hold", "onlyOld", "confirmBy")) return null;

        var call = ReadCall(node, "management", Known.Old);
        var handle = _traits.RetireBy is RetireBy.SecretValue ? Source.OldSecret : Source.OldId;
        if (call is not null && _traits.RetireBy is RetireBy.Id or RetireBy.SecretValue or RetireBy.DisableThenDelete && !call!.Names(handle))
            node.Problem("never names what it retires", $"use {{{{{(handle is Source.OldId ? "old.id" : "old.secret")}}}}} in the request");
        if (_traits.RetireBy is RetireBy.Promote && node.Find("onlyOld") is null)
            node.Problem("lacks the member 'onlyOld'", "a promotion names nothing, so say which handle the old credential must have");

        var disable = node.Find("disable") is { } first && first.IsObjectOf("auth", "request", "success", "alreadyGone") ? ReadStep(first, Known.Old) : null;
        if (_traits.RetireBy is RetireBy.DisableThenDelete && node.Find("disable") is null) node.Problem("lacks the member 'disable'", "describe the request that comes before the deletion, or set retireBy to id");
        if (_traits.RetireBy is not (RetireBy.DisableThenDelete or RetireBy.SecretValue)) node.Find("disable")?.Problem("describes a step that the traits do not have", "set retireBy to disable-then-delete");

        var look = node.Find("look") is { } shown ? ReadLook(shown) : null;
        var hold = node.Find("hold") is { } pause ? CapabilitiesReader.ReadDuration(pause, parameters) : null;
        if (node.Find("hold") is not null != node.Find("look") is not null) node.Problem("holds without a look, or looks without a hold", "only a look can tell how long a credential has been disabled; give both or neither");
        var confirm = node.Find("confirmBy")?.Choice(("list", true)) ?? false;
        if (confirm && !_traits.CanList) node.Find("confirmBy")!.Problem("confirms by a list that does not exist", "remove it or describe list");
        var gone = node.Find("alreadyGone") is { } absent ? MatchReader.Read(absent, Rules(Known.Old)) : null;
        return call is null ? null : new RetireOperation(call, gone, disable, look, hold, node.Find("onlyOld")?.Text(), confirm);
    }

    private LookOperation? ReadLook(Node node)
    {
        if (!node.IsObjectOf("auth", "request", "success", "disabled", "since")) return null;

        var call = ReadCall(node, "management", Known.Old);
        var disabled = RequestReader.ReadPredicates(node.Need("disabled", "say what a disabled credential shows"), Rules(Known.Old));
        if (disabled.Count == 0) node.Problem("would take every credential for a disabled one", "say under disabled what such a one shows");
        var since = node.Need("since", "say where the answer holds when it was disabled") is { } instant ? PickReader.ReadInstant(instant, Rules(Known.Old)) : null;
        return call is null || since is null ? null : new LookOperation(call, disabled, since);
    }

    private RecoverOperation? ReadRecover(Node node)
    {
        if (!node.IsObjectOf("auth", "request", "success", "secret")) return null;

        var call = ReadCall(node, "management", Known.Ticket | Known.Found);
        if (!_traits.CanFindByMarker) node.Problem("reads what nothing finds", "set capabilities/list to full and describe list");
        if (call is not null && !call.Names(Source.Found)) node.Problem("never says what it reads", "put {{found.id}} into the request");
        var secret = node.Need("secret", "say where the answer holds the secret") is { } place ? PickReader.Read(place, Rules(Known.Ticket)) : null;
        return call is null || secret is null ? null : new RecoverOperation(call, secret);
    }

    private StepOperation? ReadStep(Node node, Known known)
        => ReadCall(node, "management", known) is { } call
            ? new StepOperation(call, node.Find("alreadyGone") is { } gone ? MatchReader.Read(gone, Rules(known)) : null)
            : null;

    private Operation? ReadCall(Node node, string standardAuth, Known known)
        => RequestReader.ReadCall(node, ReadAuth(node, standardAuth, known), new TemplateRules(parameters, known, HasSecrets: true), hosts);

    private AuthScheme? ReadAuth(Node node, string standard, Known known)
    {
        var name = node.Find("auth") is { } said ? said.Choice(("management", 0), ("candidate", 1)) is { } choice ? (choice == 0 ? "management" : "candidate") : null : standard;
        if (name == "candidate" && known is not Known.New)
        {
            node.Find("auth")!.Problem("tries a candidate where there is none", "use management; only verify has a candidate");
            return null;
        }

        // A scheme that is missing was told of where the schemes are read.
        return name is not null && auth.TryGetValue(name, out var scheme) ? scheme : null;
    }

    private TemplateRules Rules(Known known) => new(parameters, known, HasSecrets: false);

    private static bool Names(AuthScheme scheme, Source source) => scheme.AllTemplates.SelectMany(template => template.Placeholders).Any(placeholder => placeholder.Source == source);
}
