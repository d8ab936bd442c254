using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredRotation.Engine;
using CredRotation.Engine.Evidence;
using CredRotation.Engine.Registry;

namespace CredRotation.Testing.Simulation;

/// <summary>
/// Watches one installation against I1 to I11: the truth of vault, vendor and consumer beside the ledger as text. It shares no code with the
/// engine and believes nothing that the engine says of the world.
/// </summary>
internal sealed class Invariants(SimulatedInstallation installation, Scenario scenario, VaultModel vaults, VendorModel vendor, TimeProvider clock, Action<string, string> broken)
{
    private const string InstallationKeyName = "rot-installation-key";

    /// <summary>How long a wake that is due may wait for a claim to end and an effect to land.</summary>
    private static readonly TimeSpan WakeSlack = TimeSpan.FromMinutes(15);

    /// <summary>How late an incident may open while hosts die and remotes fail.</summary>
    private static readonly TimeSpan IncidentSlack = TimeSpan.FromHours(3);

    private readonly ProviderTraits _traits = scenario.Vendor.Traits;
    private readonly HashSet<string> _excused = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wasCurrent = [installation.First.Id];
    private readonly HashSet<string> _markers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, VendorOrder> _orders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _promoted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _events = new(StringComparer.Ordinal);
    private readonly HashSet<string> _anchored = new(StringComparer.Ordinal);
    private readonly HashSet<string> _intents = new(StringComparer.Ordinal);
    private int _newestEffect;
    private SecretText? _current = installation.First.Value;

    /// <summary>Live credentials of ours that were reported as suspects, at rest.</summary>
    public int SuspectedReported { get; private set; }

    /// <summary>Live credentials of ours that nobody was told of, at rest.</summary>
    public int UnknownUnreported { get; private set; }

    private JsonElement Rotation => installation.Ledger.Rotation;

    private bool IsRotating => installation.Ledger.IsOpen && installation.Ledger.State is not null;

    private bool Endangers => _traits.Topology is not Topology.Overlap || _traits.OldValidity is not OldValidity.UntilRetired;

    private DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>A person broke it; nobody else can answer for it.</summary>
    public void Excuse(string credentialId) => _excused.Add(credentialId);

    public void OnLedger(IReadOnlyList<RowChange> changes, SimulatedVisit? visit)
    {
        foreach (var fault in installation.Ledger.Land(changes, Now)) broken("I7", fault);
        if (changes.Any(change => change.Key.Row == "row"))
        {
            if (installation.Ledger.IsAdopted && installation.Ledger.Row.GetProperty("chain").GetProperty("sequence").GetInt64() != installation.Ledger.Log.Count) broken("I7", "the row was written over by whoever knew less of the chain");
            var before = installation.Ledger.Claims;
            var number = installation.Ledger.NumberOfClaim();
            if (visit is not null && number > before) visit.Claim = number;
        }

        // Known to be without effect: what comes next under that number is another order.
        if (installation.Ledger.State is "Authorized")
        {
            foreach (var withdrawn in _orders.Keys.Except(LedgerText.Items(Rotation, "attempts").Select(attempt => LedgerText.Text(attempt.GetProperty("ticket"), "marker")!)).ToList()) _orders.Remove(withdrawn);
        }

        // Whoever sends it: what could say no is asked in the visit that writes IssueSent.
        if (visit is not null && Endangers && installation.Ledger.State == "IssueSent" && LedgerText.Items(Rotation, "attempts").Count() == 1 && _intents.Add(LedgerText.Text(Rotation, "id")!)
            && !visit.HasRehearsed && !HasOverride("ConsumerSilentBeforeIssue"))
            broken("I3", "decided to start the old credential's end without a rehearsal in the same visit");

        if (visit is { IsClockWrong: true }) CheckClock(changes);
        foreach (var body in changes.Select(change => change switch { RowChange.Insert insert => insert.Body, RowChange.Replace replace => replace.Body, _ => null }))
        {
            if (body is null) continue;
            foreach (var credential in vendor.Credentials)
            {
                if (body.Contains(credential.Value.RevealToRemote(), StringComparison.Ordinal)) broken("I6", $"the ledger holds the value of {credential.Id}");
            }
        }
    }

    /// <summary>Nothing irreversible is decided by a clock that no remote agrees with: neither an issue that ends the old one nor the reserve's incident.</summary>
    private void CheckClock(IReadOnlyList<RowChange> changes)
    {
        foreach (var body in changes.OfType<RowChange.Insert>().Where(change => change.Key.Row.StartsWith("log-", StringComparison.Ordinal)).Select(change => change.Body))
        {
            var what = LedgerText.Text(LedgerText.Parse(body), "what");
            if (Endangers && what is "IssueSent") broken("I3", "decided to start the old credential's end on one host's wrong clock");
            if (what is "IncidentOpened" && LedgerText.Text(Rotation.GetProperty("incident"), "openedBy") is "reserve") broken("I9", "opened the reserve's incident on one host's wrong clock");
        }
    }

    public void OnEvent(RotationCompleted completed) => _events.Add(string.Create(CultureInfo.InvariantCulture, $"{completed.Chain.Sequence}/{completed.Chain.Hash}"));

    public void OnAnchor(ChainAnchor anchor)
    {
        foreach (var head in anchor.Heads.Where(head => head.Credential == installation.Credential)) _anchored.Add(string.Create(CultureInfo.InvariantCulture, $"{head.Sequence}/{head.Hash}"));
    }

    /// <summary>After a call to the vendor, whoever made it.</summary>
    public void OnVendor(VendorRequest request, SimulatedVisit? visit)
    {
        var isOurs = visit?.Host.Installation == installation;
        if (isOurs && request.Status < 300 && request.Operation is "issue" or "retire" or "disable") Effect(visit!, $"vendor {request.Operation}");
        if (isOurs && request.Operation is "issue" && request.Status < 300) OnIssue(request);
        if (isOurs && request.Target is { } target && target != installation.Target) broken("I5", $"{request.Operation} at {target}, which is not bound");
        if (isOurs && request.Operation is "retire" or "disable" && request.Stopped.Count > 0) OnRetire(request, visit!);
        if (request.Stopped.Count > 0) OnStopped(request, isOurs);
    }

    /// <summary>After a version of any secret was written.</summary>
    public void OnVault(VaultVersion version, SimulatedVisit? visit)
    {
        // Of the installation key the oldest version counts, so one that lands late changes nothing.
        if (visit is not null && visit.Host.Installation == installation && version.Name != InstallationKeyName) Effect(visit, $"write {version.Name}");
        if (version.Vault != installation.VaultHost || version.Name != SimulatedSettings.SecretName)
        {
            if (visit?.Host.Installation == installation && version.Vault != installation.StagingHost) broken("I5", $"wrote {version.Name} in {version.Vault}, which is not bound");
            return;
        }

        _current = version.Value;
        var credential = vendor.Find(version.Value);
        if (credential is not null) _wasCurrent.Add(credential.Id);
        if (visit is null || visit.Host.Installation != installation) return;
        if (credential is null)
        {
            // Restored by a person's choice: whatever it is, it is theirs.
            if (!LedgerText.Items(Rotation, "overrides").Any()) broken("I9", "wrote a value that the vendor never made");
            return;
        }

        if (credential.Marker is not { } marker) return;
        var id = LedgerText.Text(Rotation, "id") ?? "";
        if (!_promoted.TryGetValue(id, out var promoted)) _promoted[id] = promoted = [];
        promoted.Add(credential.Id);
        // A person may ask for another once somebody ended the one that was promoted.
        var askedAgain = installation.Ledger.Log.Count(entry => LedgerText.Text(entry.Entry, "rotation") == id && LedgerText.Text(entry.Entry, "what") is "HoldEnded" && LedgerText.Text(entry.Entry.GetProperty("data"), "choice") is "issue-again");
        if (promoted.Count > 1 + askedAgain && _traits.Topology is not Topology.InPlace) broken("I4", $"promoted {promoted.Count} credentials in one rotation");
        if (!marker.Contains(id, StringComparison.Ordinal)) broken("I4", $"promoted {marker} in rotation {id}");
        var ends = version.Expires is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : (DateTimeOffset?)null;
        if (ends is null || ends - SimulatedSettings.Lead <= Now) broken("I11", $"the new version ends {ends:u}, so it is due at once");
        if (ends > credential.ExpiresOn) broken("I11", $"the vault says {ends:u}, the vendor ends it {credential.ExpiresOn:u}");
        if (credential.StateAt(Now) is not VendorCredentialState.Live && _traits.Topology is not Topology.InPlace && !_excused.Contains(credential.Id)) broken("I1", $"promoted {credential.Id}, which is {credential.StateAt(Now)}");
    }

    /// <summary>After every step.</summary>
    public void OnStep()
    {
        foreach (var (instance, held) in installation.Consumer.Instances) CheckAccepted(held.Value, instance);
        if (_current is { } current) CheckAccepted(current, "whoever reads now");
        CheckWake();
    }

    /// <summary>When everything that went wrong is over and nothing moves any more.</summary>
    public void AtRest(IReadOnlyList<Notice> notices)
    {
        OnStep();
        CheckCredentials();
        CheckChain();
        CheckCanaries(notices);
    }

    private void Effect(SimulatedVisit visit, string what)
    {
        if (visit.Claim == 0) return;
        if (visit.Claim < _newestEffect) broken("I10", $"{what} of {visit} landed after the first effect of its successor");
        _newestEffect = Math.Max(_newestEffect, visit.Claim);
    }

    private void OnIssue(VendorRequest request)
    {
        var order = request.Order!;
        if (!IsRotating || installation.Ledger.State is not ("IssueSent" or "Authorized") && !_orders.ContainsKey(order.Marker)) broken("I4", $"issued {order.Marker} while the ledger says {installation.Ledger.State}");
        if (!LedgerText.Items(Rotation, "attempts").Any(attempt => LedgerText.Text(attempt.GetProperty("ticket"), "marker") == order.Marker)) broken("I4", $"issued {order.Marker}, which no IssueSent names");
        if (!HasReservation(order.Marker)) broken("I4", $"issued {order.Marker} without a reservation in staging");

        if (_orders.TryGetValue(order.Marker, out var before))
        {
            var isRepeatable = _traits.IssueReplay is IssueReplay.IdempotencyKey or IssueReplay.SameMaterial or IssueReplay.ReadBack;
            if (!isRepeatable) broken("I4", $"sent {order.Marker} twice: a blind retry");
            if (before != order && before with { Material = null } != order with { Material = null }) broken("I4", $"a repeat of {order.Marker} says something else");
            if (before.Material?.RevealToRemote() != order.Material?.RevealToRemote()) broken("I4", $"a repeat of {order.Marker} sets another value");
            return;
        }

        _orders[order.Marker] = order;
        _markers.Add(order.Marker);
        var attempt = int.Parse(order.Marker[(order.Marker.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture);
        var id = LedgerText.Text(Rotation, "id");
        var ended = installation.Ledger.Log.Count(entry => LedgerText.Text(entry.Entry, "rotation") == id && LedgerText.Text(entry.Entry, "what") is "Recovered" or "NotIssued" or "NewCredentialRefused" or "HoldEnded");
        if (attempt > 1 && ended < attempt - 1) broken("I4", $"issued attempt {attempt} before {attempt - 1} was recovered");
        if (!Endangers || attempt > 1) return;

        if (!IsApproved()) broken("I5", "issued without approval of the plan");
    }

    private void OnRetire(VendorRequest request, SimulatedVisit visit)
    {
        foreach (var id in request.Stopped)
        {
            if (visit.IsClockWrong && _wasCurrent.Contains(id)) broken("I3", $"retired {id} on one host's wrong clock");
            var credential = vendor.FindById(id)!;
            var isOwn = credential.Marker is { } marker && _markers.Contains(marker);
            if (!isOwn && !_wasCurrent.Contains(id)) broken("I5", $"retired {id} ({credential.Marker ?? "made by hand"}), which is not this installation's");
            if (_wasCurrent.Contains(id) && !IsApproved()) broken("I5", $"retired {id} without approval");
        }
    }

    /// <summary>I3: whoever stopped it, nobody may have needed it.</summary>
    private void OnStopped(VendorRequest request, bool isOurs)
    {
        var isByClock = _traits.OldValidity is OldValidity.Timer && request.Operation is "issue" or "use" or "approve";
        if (isByClock || _traits.Topology is Topology.InPlace || !isOurs) return;
        foreach (var id in request.Stopped.Where(id => !_excused.Contains(id)))
        {
            var value = vendor.FindById(id)!.Value.RevealToRemote();
            var who = installation.Consumer.Instances.Where(held => held.Value.Value.RevealToRemote() == value).Select(held => held.Key).ToList();
            if (_current?.RevealToRemote() == value) who.Add("whoever reads now");
            if (who.Count > 0 && !LedgerText.Items(Rotation, "overrides").Any()) broken("I3", $"{request.Operation} stopped {id}, which {string.Join(" and ", who)} run");
        }
    }

    private void CheckAccepted(SecretText value, string who)
    {
        if (vendor.Accepts(value)) return;
        if (vendor.Find(value) is not { } credential || _excused.Contains(credential.Id)) return;
        if (_traits.Topology is Topology.InPlace && IsRotating && LedgerText.Items(Rotation, "attempts").Any()) return;
        // A consumer that does not reload cannot be saved; but people must know.
        if (LedgerText.Has(Rotation, "incident") || LedgerText.Items(Rotation, "overrides").Any())
        {
            // They do from now on, in whichever rotation.
            _excused.Add(credential.Id);
            return;
        }

        broken("I1", $"{who} runs {credential.Id}, which is {credential.StateAt(Now)} (rotation {installation.Ledger.State ?? "none"})");
    }

    /// <summary>I9: while the old one's clock runs, a wake before the reserve exists and is honoured, or an incident is open.</summary>
    private void CheckWake()
    {
        if (_traits.OldValidity is not OldValidity.Timer || !IsRotating) return;
        if (installation.Ledger.State is not ("IssueSent" or "Issued" or "VerifySent" or "Verified" or "PromoteSent" or "Promoted") || LedgerText.Has(Rotation, "incident")) return;
        var ends = installation.Consumer.Instances.Values.Select(held => vendor.Find(held.Value)).Where(credential => credential is { ClockEndsOn: not null } && !_excused.Contains(credential.Id)).Min(credential => credential!.ClockEndsOn);
        if (ends is not { } end || scenario.Clock is not ClockMood.Close) return;

        var reserve = end - SimulatedSettings.Reserve;
        if (Now > reserve + IncidentSlack) broken("I9", $"the reserve began {reserve:u} and no incident is open");
        else if (Now < reserve && installation.Ledger.WakeOn is { } wake && wake > reserve + WakeSlack) broken("I9", $"the next wake {wake:u} is after the reserve begins {reserve:u}");
    }

    private void CheckCredentials()
    {
        var suspects = installation.Ledger.Rotations.SelectMany(rotation => LedgerText.Items(rotation, "suspects")).Select(suspect => LedgerText.Text(suspect, "marker")).ToHashSet();
        foreach (var credential in vendor.Alive(installation.Target).Where(credential => credential.Marker is { } marker && _markers.Contains(marker)))
        {
            if (credential.Value.RevealToRemote() == _current?.RevealToRemote()) continue;
            if (suspects.Contains(credential.Marker)) SuspectedReported++;
            else if (credential.ClockEndsOn is null && !IsLeftAlive(credential) && !_excused.Contains(credential.Id))
            {
                UnknownUnreported++;
                broken("I2", $"{credential.Id} ({credential.Marker}) lives at rest and nobody was told");
            }
        }
    }

    /// <summary>People were asked and left it alive, or it was current before and its end was recorded as unproven.</summary>
    private bool IsLeftAlive(VendorCredential credential)
        => _wasCurrent.Contains(credential.Id) && installation.Ledger.Rotations.Any(rotation => LedgerText.Text(rotation, "retireProof")?.StartsWith("unproven", StringComparison.Ordinal) is true || LedgerText.Text(rotation, "state") is "RolledBack");

    private void CheckChain()
    {
        var previous = new string('0', 64);
        var heads = new HashSet<string>(StringComparer.Ordinal);
        var sequence = 0;
        foreach (var (body, entry) in installation.Ledger.Log)
        {
            sequence++;
            if (entry.GetProperty("sequence").GetInt64() != sequence) broken("I7", $"entry {sequence} is numbered {entry.GetProperty("sequence")}");
            if (LedgerText.Text(entry, "previous") != previous) broken("I7", $"entry {sequence} does not follow the one before");
            if (LedgerText.Text(entry, "who") is not { Length: > 0 } || LedgerText.Text(entry, "what") is not { Length: > 0 } || LedgerText.Text(entry, "why") is not { Length: > 0 } || LedgerText.Time(entry, "at") is null) broken("I7", $"entry {sequence} lacks who, what, why or when");
            previous = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
            heads.Add(string.Create(CultureInfo.InvariantCulture, $"{sequence}/{previous}"));
        }

        if (!installation.Ledger.IsAdopted) return;
        var head = installation.Ledger.Row.GetProperty("chain");
        if (head.GetProperty("sequence").GetInt64() != sequence || LedgerText.Text(head, "hash") != previous) broken("I7", "the row's chain head is not the last entry");
        foreach (var told in _events.Concat(_anchored).Where(told => !heads.Contains(told))) broken("I7", $"a head outside the ledger ({told}) is not in it");
        var closed = installation.Ledger.Rotations.Count(rotation => rotation.GetProperty("isClosed").GetBoolean() && LedgerText.Text(rotation, "state") is not "Superseded");
        if (closed > 0 && _events.Count == 0) broken("I7", "no head of a closed rotation is outside the ledger");
    }

    private void CheckCanaries(IReadOnlyList<Notice> notices)
    {
        var search = new CanarySearch();
        foreach (var credential in vendor.Credentials) search.Add(credential.Id, credential.Value);
        search.Add("management", vendor.ManagementValue);
        search.Search("ledger", string.Join('\n', installation.Rows.Snapshot().Select(row => row.Body)));
        search.Search("notices", string.Join('\n', notices.Select(notice => JsonSerializer.Serialize(notice))));
        foreach (var hit in search.Hits) broken("I6", hit);
    }

    private bool HasOverride(string reason) => LedgerText.Items(Rotation, "overrides").Any(text => text.GetString()!.StartsWith($"{reason}:", StringComparison.Ordinal));

    private bool HasReservation(string marker)
        => vaults.Requests.Any(request => request.Vault == installation.StagingHost && request.Operation == "SecretSet" && request.Secret == marker && request.Status == 200);

    /// <summary>The first rotation of a credential needs a yes from a current owner to exactly its plan, or a recorded override.</summary>
    private bool IsApproved()
    {
        var hasRotated = installation.Ledger.Row.GetProperty("hasRotated").GetBoolean();
        if (hasRotated || HasOverride("ApprovalNeeded")) return true;
        var plan = LedgerText.Text(Rotation, "planHash");
        return LedgerText.Items(Rotation, "approvals").Any(approval => LedgerText.Text(approval, "planHash") == plan && LedgerText.Text(approval, "personId") is { } person && scenario.Answering.Contains(person));
    }
}
