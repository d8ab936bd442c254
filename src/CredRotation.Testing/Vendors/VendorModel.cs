using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>
/// Behaves like a vendor of any class, on one clock: what an issue, a first use, an approval or a retirement does to the credentials of its
/// target follows from the class's traits alone. It keeps the truth: every credential ever made, every call, every errand of a person.
/// </summary>
public sealed class VendorModel(TimeProvider time, int seed, VendorClass vendor)
{
    private const string FirstSlot = "key1";
    private const string SecondSlot = "key2";

    private readonly Lock _gate = new();
    private readonly List<VendorCredential> _credentials = [];
    private readonly Dictionary<string, int> _byValue = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _owners = new(StringComparer.Ordinal);
    private readonly List<VendorRequest> _requests = [];
    private readonly List<VendorErrand> _errands = [];
    private readonly Dictionary<string, (VendorOrder Order, string Id, DateTimeOffset Until)> _answered = new(StringComparer.Ordinal);
    private List<string> _stopped = [];

    public VendorClass Class => vendor;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The only credential that may issue, list and retire.</summary>
    public SecretText ManagementValue { get; } = new($"mgmt-{Digest(seed, "management")[..40]}");

    /// <summary>Called after every call with what it changed, inside of no lock.</summary>
    public Action<VendorRequest>? Called { get; set; }

    /// <summary>Every credential ever made, dead ones included.</summary>
    public IReadOnlyList<VendorCredential> Credentials
    {
        get
        {
            lock (_gate) return [.. _credentials];
        }
    }

    public IReadOnlyList<VendorRequest> Requests
    {
        get
        {
            lock (_gate) return [.. _requests];
        }
    }

    /// <summary>What waits for a person.</summary>
    public IReadOnlyList<VendorErrand> OpenErrands
    {
        get
        {
            lock (_gate) return [.. _errands.Where(errand => errand.IsOpen)];
        }
    }

    public IReadOnlyList<VendorCredential> Alive(string target)
    {
        lock (_gate) return [.. _credentials.Where(credential => credential.Target == target && credential.IsAlive(Now))];
    }

    public bool Accepts(SecretText value)
    {
        lock (_gate) return Find(value.RevealToRemote())?.StateAt(Now) is VendorCredentialState.Live;
    }

    /// <summary>Null: never made here.</summary>
    public VendorCredential? Find(SecretText value)
    {
        lock (_gate) return Find(value.RevealToRemote());
    }

    public VendorCredential? FindById(string id)
    {
        lock (_gate) return _credentials.FirstOrDefault(credential => credential.Id == id);
    }

    /// <summary>A person makes a credential in the portal, active at once; the first one makes the target.</summary>
    public VendorCredential Add(string target, string owner = "Shop")
    {
        lock (_gate)
        {
            _owners.TryAdd(target, owner);
            var slot = vendor.Traits.Topology is Topology.Pair && vendor.Traits.RetireBy is not RetireBy.Promote ? FirstSlot : null;
            return Make(target, null, slot, null, Now) with { };
        }
    }

    /// <summary>A person makes another credential in the portal, and with the others happens what happens behind an issue.</summary>
    public VendorCredential AddAnother(string target)
    {
        lock (_gate)
        {
            var made = Make(target, null, null, null, Now + vendor.ActivationDelay);
            if (vendor.Traits.OldValidity is OldValidity.Timer) StartClocks(made);
            return made;
        }
    }

    /// <summary>A person ends a credential in the portal.</summary>
    public void End(string id, string person = "person")
    {
        Record(person, "end", null, null, () =>
        {
            Stop(id);
            return (id, null, 200);
        });
    }

    /// <summary>A person does what waited for one.</summary>
    public void Do(VendorErrand errand, string person = "person")
    {
        ArgumentNullException.ThrowIfNull(errand);
        Record(person, errand.Order is null ? "retire" : "approve", errand.Order?.Target, errand.Order, () =>
        {
            if (_errands.FindIndex(known => known == errand) is not (>= 0 and var index)) return (null, null, 409);
            if (errand.Order is { } order)
            {
                var made = Fulfil(order);
                _errands[index] = errand with { IsDone = true, CredentialId = made.Id };
                return (made.Id, order.Marker, 200);
            }

            Stop(errand.CredentialId!);
            _errands[index] = errand with { IsDone = true };
            return (errand.CredentialId, null, 200);
        });
    }

    /// <summary>A person says no to what waited for one.</summary>
    public void Refuse(VendorErrand errand, string person = "person")
    {
        ArgumentNullException.ThrowIfNull(errand);
        Record(person, "refuse", errand.Order?.Target, errand.Order, () =>
        {
            if (_errands.FindIndex(known => known == errand) is not (>= 0 and var index)) return (null, null, 409);
            _errands[index] = errand with { IsRefused = true };
            return (null, errand.Order?.Marker, 200);
        });
    }

    /// <summary>Uses a credential, for business or to see that it works: to the vendor that is one and the same.</summary>
    public Answer<VendorCredential> Use(string caller, SecretText value)
        => Run<VendorCredential>(caller, "use", null, null, () =>
        {
            if (Find(value.RevealToRemote()) is not { } credential || credential.StateAt(Now) is not VendorCredentialState.Live) return new RemoteError(401, "unauthorized", null, "The credential is not accepted.");
            if (credential.FirstUsedOn is null)
            {
                Change(credential.Id, known => known with { FirstUsedOn = Now });
                if (vendor.Traits is { OldValidity: OldValidity.Timer, ClockStart: ClockStart.FirstUse }) StartClocks(credential);
            }

            return credential;
        });

    /// <summary>Whether the management credential may manage the target.</summary>
    public Answer<string> Look(string caller, SecretText management, string target)
        => Run<string>(caller, "look", target, null, () => Refusal(management, target) is { } refusal ? refusal : _owners[target]);

    /// <summary>Takes an order. A receipt without a credential: it waits for a person.</summary>
    public Answer<VendorReceipt> Issue(string caller, SecretText management, VendorOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return Run(caller, "issue", order.Target, order.Marker, () => Take(management, order), order);
    }

    private Answer<VendorReceipt> Take(SecretText management, VendorOrder order)
    {
        if (Refusal(management, order.Target) is { } refusal) return refusal;
        if (vendor.Traits.SecretOrigin is not SecretOrigin.Provider && order.Material is null) return new RemoteError(422, "value_missing", null, "The value to set is missing.");
        if (vendor.Traits.Topology is Topology.Pair && vendor.Traits.RetireBy is not RetireBy.Promote && order.OldHandle is not (FirstSlot or SecondSlot)) return new RemoteError(422, "slot_unknown", null, "There is no such slot.");
        if (vendor.IssueWaitsFor is not null) return Ask(order);
        if (Again(order) is { } again) return again;
        if (vendor.Traits is { Topology: Topology.Overlap, Slots: { } slots } && _credentials.Count(known => known.Target == order.Target && known.GoneOn is null) >= slots) return new RemoteError(409, "quota", null, $"There are {slots} already.");
        var made = Fulfil(order);
        return new VendorReceipt(made, OldEnd(made));
    }

    /// <summary>What became of the order with this marker, where the vendor can tell: a receipt without a credential still waits, a 404 never came or was refused.</summary>
    public Answer<VendorReceipt> ReadBack(string caller, SecretText management, string target, string marker)
        => Run<VendorReceipt>(caller, "read-back", target, marker, () =>
        {
            if (Refusal(management, target) is { } refusal) return refusal;
            if (_errands.LastOrDefault(errand => errand.Key == marker) is { IsOpen: true }) return new VendorReceipt(null, null);
            var made = _credentials.LastOrDefault(credential => credential.Target == target && credential.Marker == marker && credential.IsAlive(Now));
            return made is null ? NotFound(marker) : new VendorReceipt(made, OldEnd(made));
        });

    /// <summary>What the vendor lists: as it was before the lag, without values.</summary>
    public Answer<IReadOnlyList<VendorCredential>> List(string caller, SecretText management, string target)
        => Run<IReadOnlyList<VendorCredential>>(caller, "list", target, null, () =>
        {
            if (!vendor.Traits.CanList) return new RemoteError(404, "no_list", null, "There is no list.");
            if (Refusal(management, target) is { } refusal) return refusal;
            var shown = Now - vendor.ListLag;
            // Made this very moment counts as before, where nothing lags.
            return new Answer<IReadOnlyList<VendorCredential>>([.. _credentials.Where(credential => credential.Target == target && credential.CreatedOn <= shown && !(credential.EndsOn <= shown))], null);
        });

    /// <summary>Ends a credential by its handle: its id, or the slot that is to be written over. In a pair with a primary the other one is promoted.</summary>
    public Answer<string> Retire(string caller, SecretText management, string target, string handle)
        => Run<string>(caller, "retire", target, null, () =>
        {
            if (Refusal(management, target) is { } refusal) return refusal;
            var found = _credentials.LastOrDefault(credential => credential.Target == target && (credential.Slot ?? credential.Id) == handle && !(credential.EndsOn <= Now));
            if (found is null) return NotFound(handle);
            if (vendor.Traits.RetireBy is RetireBy.DisableThenDelete && found.DisabledOn is null) return new RemoteError(409, "enabled", null, "It must be disabled first.");
            if (vendor.Traits.RetireBy is RetireBy.Promote && !_credentials.Any(credential => credential.Target == target && credential.Id != found.Id && credential.IsAlive(Now))) return new RemoteError(409, "nothing_to_promote", null, "There is no secondary.");
            if (vendor.RetireWaitsFor is not null) return Ask(found);
            Stop(found.Id);
            return found.Id;
        });

    /// <summary>Ends a credential by its value.</summary>
    public Answer<string> RetireByValue(string caller, SecretText management, string target, SecretText value)
        => Run<string>(caller, "retire", target, null, () =>
        {
            if (Refusal(management, target) is { } refusal) return refusal;
            if (Find(value.RevealToRemote()) is not { } found || found.Target != target || found.EndsOn <= Now) return NotFound("that value");
            Stop(found.Id);
            return found.Id;
        });

    /// <summary>Refuses a credential from now on, reversibly.</summary>
    public Answer<string> Disable(string caller, SecretText management, string target, string id)
        => Run<string>(caller, "disable", target, null, () =>
        {
            if (Refusal(management, target) is { } refusal) return refusal;
            if (_credentials.LastOrDefault(credential => credential.Target == target && credential.Id == id && !(credential.EndsOn <= Now)) is not { } found) return NotFound(id);
            if (found.DisabledOn is null)
            {
                Change(id, known => known with { DisabledOn = Now });
                _stopped.Add(id);
            }

            return id;
        });

    private static RemoteError NotFound(string what) => new(404, "not_found", null, $"There is no {what}.");

    private RemoteError? Refusal(SecretText management, string target)
        => management.RevealToRemote() != ManagementValue.RevealToRemote() ? new RemoteError(401, "unauthorized", null, "The management credential is not accepted.")
            : !_owners.ContainsKey(target) ? new RemoteError(404, "no_target", null, "There is no such target.")
            : null;

    private VendorReceipt Ask(VendorOrder order)
    {
        // Asked for again it is the same errand, unless a person refused it: then it is another.
        if (!_errands.Any(errand => errand.Key == order.Marker && !errand.IsRefused)) _errands.Add(new VendorErrand(order.Marker, order, null, Now));
        return new VendorReceipt(null, null);
    }

    private Answer<string> Ask(VendorCredential credential)
    {
        if (!_errands.Any(errand => errand.Key == credential.Id && errand.IsOpen)) _errands.Add(new VendorErrand(credential.Id, null, credential.Id, Now));
        return new RemoteError(202, "pending", null, vendor.RetireWaitsFor!);
    }

    /// <summary>What a repeat does, where it does not make another.</summary>
    private Answer<VendorReceipt>? Again(VendorOrder order)
    {
        switch (vendor.Traits.IssueReplay)
        {
            case IssueReplay.IdempotencyKey when _answered.TryGetValue(order.Token, out var answered) && Now < answered.Until:
                if (answered.Order != order) return new RemoteError(422, "token_reused", null, "The token was used for another request.");
                var known = _credentials.First(credential => credential.Id == answered.Id);
                return new VendorReceipt(known, OldEnd(known));
            case IssueReplay.SameMaterial when Find(order.Material!.RevealToRemote()) is { } set && set.Target == order.Target && set.IsAlive(Now):
                return new VendorReceipt(set, OldEnd(set));
            default:
                return null;
        }
    }

    /// <summary>Makes the credential and does to the others what the class does to them.</summary>
    private VendorCredential Fulfil(VendorOrder order)
    {
        var traits = vendor.Traits;
        var others = _credentials.Where(credential => credential.Target == order.Target && credential.IsAlive(Now)).ToList();
        string? slot = null;
        if (traits.Topology is Topology.Pair && traits.RetireBy is not RetireBy.Promote)
        {
            slot = order.OldHandle == FirstSlot ? SecondSlot : FirstSlot;
            foreach (var idle in others.Where(credential => credential.Slot == slot)) Stop(idle.Id);
        }
        else if (traits.Topology is Topology.Pair)
        {
            // The newest beside the primary is the secondary; it makes room.
            foreach (var secondary in others.OrderBy(credential => credential.CreatedOn).Skip(1)) Stop(secondary.Id);
        }
        else if (traits.Topology is Topology.InPlace)
        {
            foreach (var other in others) Stop(other.Id);
        }
        else if (traits.IssueReplay is IssueReplay.ReissueCancelsPending)
        {
            foreach (var pending in others.Where(credential => credential.FirstUsedOn is null)) Stop(pending.Id);
        }

        var made = Make(order.Target, order.Marker, slot, order, Now + vendor.ActivationDelay);
        if (traits is { OldValidity: OldValidity.Timer, ClockStart: ClockStart.Issue or ClockStart.Approval }) StartClocks(made);
        if (traits is { IssueReplay: IssueReplay.IdempotencyKey, IssueReplayWindow: { } window }) _answered[order.Token] = (order, made.Id, Now + window);
        return made;
    }

    private VendorCredential Make(string target, string? marker, string? slot, VendorOrder? order, DateTimeOffset activeFrom)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"cred-{_credentials.Count + 1}");
        var made = new VendorCredential(id, target, _owners[target], order?.Material ?? new SecretText(NewValue(id)), marker, slot, Now, activeFrom)
        {
            ExpiresOn = order?.ExpiresOn,
            FirstUsedOn = order is null ? Now : null,
        };
        _byValue[made.Value.RevealToRemote()] = _credentials.Count;
        _credentials.Add(made);
        return made;
    }

    private void StartClocks(VendorCredential started)
    {
        var end = Now + vendor.Traits.OldLife!.Value;
        foreach (var other in _credentials.Where(credential => credential.Target == started.Target && credential.Id != started.Id && credential.IsAlive(Now)).ToList())
        {
            if (other.ClockEndsOn <= end) continue;
            Change(other.Id, known => known with { ClockEndsOn = end });
            _stopped.Add(other.Id);
        }
    }

    private DateTimeOffset? OldEnd(VendorCredential made)
        => vendor.Traits is { OldValidity: OldValidity.Timer, ClockStart: not ClockStart.FirstUse }
            ? _credentials.Where(credential => credential.Target == made.Target && credential.Id != made.Id && credential.IsAlive(Now)).Min(credential => credential.ClockEndsOn)
            : null;

    private void Stop(string id)
    {
        Change(id, known => known with { GoneOn = known.GoneOn ?? Now });
        _stopped.Add(id);
    }

    private void Change(string id, Func<VendorCredential, VendorCredential> change)
    {
        var index = _credentials.FindIndex(credential => credential.Id == id);
        _credentials[index] = change(_credentials[index]);
    }

    private VendorCredential? Find(string value) => _byValue.TryGetValue(value, out var index) ? _credentials[index] : null;

    private Answer<T> Run<T>(string caller, string operation, string? target, string? marker, Func<Answer<T>> effect, VendorOrder? order = null)
    {
        Answer<T>? answer = null;
        Record(caller, operation, target, order, () =>
        {
            answer = effect();
            var touched = answer.Value switch { VendorCredential credential => credential.Id, VendorReceipt receipt => receipt.Credential?.Id, string id when operation is not "look" => id, _ => null };
            return (touched, marker, answer.Error?.Status ?? 200);
        });
        return answer!;
    }

    private void Record(string caller, string operation, string? target, VendorOrder? order, Func<(string? Touched, string? Marker, int Status)> effect)
    {
        VendorRequest request;
        lock (_gate)
        {
            _stopped = [];
            var (touched, marker, status) = effect();
            request = new VendorRequest(Now, caller, operation, target, touched, marker, status, _stopped) { Order = order };
            _requests.Add(request);
        }

        Called?.Invoke(request);
    }

    // With characters that JSON, HTML and URLs escape: a search that knows only one encoding misses them.
    private string NewValue(string label) => $"vk_{Digest(seed, label)}-<{{&+/=";

    private static string Digest(int seed, string label)
        => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"vendor/{seed}")), Encoding.UTF8.GetBytes(label)));
}
