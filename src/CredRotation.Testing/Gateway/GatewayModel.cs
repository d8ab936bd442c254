using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>
/// Behaves like a payment gateway. A new key gives every other key of its credential at most the old life; a credential with all its keys
/// lives until it is disabled, and is never deleted.
/// </summary>
public sealed class GatewayModel(TimeProvider time, int seed, GatewayOptions options)
{
    private const int PageSizeStandard = 10;
    private const int PageSizeMax = 100;

    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, GatewayCredential> _credentials = [];
    private readonly List<GatewayKey> _keys = [];
    private readonly List<Payment> _payments = [];
    private readonly List<GatewayRequest> _requests = [];
    private long _accepted;

    public GatewayOptions Options => options;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Every key ever issued, ended ones included.</summary>
    public IReadOnlyList<GatewayKey> Keys
    {
        get
        {
            lock (_gate) return [.. _keys];
        }
    }

    public IReadOnlyList<Payment> Payments
    {
        get
        {
            lock (_gate) return [.. _payments];
        }
    }

    public IReadOnlyList<GatewayRequest> Requests
    {
        get
        {
            lock (_gate) return [.. _requests];
        }
    }

    public long AttemptedPayments
    {
        get
        {
            lock (_gate) return _payments.Count;
        }
    }

    public long RefusedPayments
    {
        get
        {
            lock (_gate) return _payments.Count - _accepted;
        }
    }

    /// <summary>Payments that were refused and never accepted, by the shop's references: a second attempt that went through is no failed payment.</summary>
    public IReadOnlyList<Payment> FailedPayments
    {
        get
        {
            lock (_gate) return [.. _payments.GroupBy(payment => payment.Reference).Where(attempts => attempts.All(attempt => !attempt.IsAccepted)).Select(attempts => attempts.First())];
        }
    }

    /// <summary>The keys of a credential that are usable now, or will be.</summary>
    public IReadOnlyList<GatewayKey> LiveKeys(string credentialId)
    {
        lock (_gate) return [.. _keys.Where(key => key.CredentialId == credentialId && key.IsLive(Now))];
    }

    /// <summary>The keys of all credentials so chosen that are usable now, or will be; those of a disabled credential are not.</summary>
    public IReadOnlyList<GatewayKey> LiveKeys(Func<GatewayCredential, bool> isChosen)
    {
        lock (_gate) return [.. _keys.Where(key => key.IsLive(Now) && _credentials[key.CredentialId] is { IsActive: true } credential && isChosen(credential))];
    }

    /// <summary>Every credential, disabled ones included.</summary>
    public IReadOnlyList<GatewayCredential> Credentials
    {
        get
        {
            lock (_gate) return [.. _credentials.Values];
        }
    }

    /// <summary>Adds a credential with a first key, active at once.</summary>
    public GatewayKey Add(GatewayCredential credential)
    {
        lock (_gate)
        {
            _credentials.Add(credential.Id, credential);
            return Issue(credential.Id, Now);
        }
    }

    /// <summary>Switches a credential with all its keys off or on.</summary>
    public void SetActive(string credentialId, bool isActive)
    {
        lock (_gate) _credentials[credentialId] = _credentials[credentialId] with { IsActive = isActive };
    }

    /// <summary>Ends a key now, as a person at the gateway may.</summary>
    public void End(GatewayKey key)
    {
        lock (_gate) Replace(key.Label, found => found with { EndsOn = Now });
    }

    public bool Accepts(SecretText key, DateTimeOffset now)
    {
        lock (_gate) return Holder(key.RevealToRemote(), now) is not null;
    }

    /// <summary>The label of a key by its value; <c>unknown</c> for what was never issued here.</summary>
    public string LabelOf(string? value)
    {
        lock (_gate) return Find(value)?.Label ?? "unknown";
    }

    public Answer<GatewayKey> Generate(string? managementKey, string merchant, string credentialId)
        => Manage<GatewayKey>(managementKey, "POST", $"/v3/merchants/{merchant}/apiCredentials/{credentialId}/generateApiKey", GatewayCredential.ManagementRole, () =>
        {
            if (Missing(merchant, credentialId) is { } missing) return missing;
            var end = Now + options.OldLife;
            foreach (var old in _keys.Where(key => key.CredentialId == credentialId && key.IsLive(Now)).ToList())
                Replace(old.Label, key => key with { EndsOn = key.EndsOn is { } own && own < end ? own : end });
            return Issue(credentialId, Now + options.ActivationDelay);
        });

    public Answer<GatewayCredential> Read(string? managementKey, string merchant, string credentialId)
        => Manage<GatewayCredential>(managementKey, "GET", $"/v3/merchants/{merchant}/apiCredentials/{credentialId}", GatewayCredential.ManagementRole, () =>
            Missing(merchant, credentialId) is { } missing ? missing : _credentials[credentialId]);

    /// <summary>Makes another credential with its first key. Asked twice, it makes two.</summary>
    public Answer<(GatewayCredential Credential, GatewayKey Key)> Create(string? managementKey, string merchant, IReadOnlyList<string>? roles, string? description)
        => Manage<(GatewayCredential, GatewayKey)>(managementKey, "POST", $"/v3/merchants/{merchant}/apiCredentials", GatewayCredential.ManagementRole, () =>
        {
            if (merchant != options.Merchant) return Invalid("merchantId", "The merchant account does not exist.");
            if (roles is not { Count: > 0 }) return Invalid("roles", "At least one role is needed.");
            if (roles.FirstOrDefault(role => !options.GrantableRoles.Contains(role)) is { } role) return Invalid("roles", $"Role '{role}' does not exist or may not be granted.");
            var number = string.Create(CultureInfo.InvariantCulture, $"{_credentials.Count + 1}");
            var id = $"S2-{Convert.ToHexString(Hash($"credential-{number}")[..8])}";
            var credential = new GatewayCredential(id, $"ws_{number}@Company.{Company(managementKey)}", Company(managementKey), true, [.. roles]) { Description = description };
            _credentials.Add(id, credential);
            return (credential, Issue(id, Now + options.ActivationDelay));
        });

    public Answer<GatewayPage> List(string? managementKey, string merchant, int? pageNumber, int? pageSize)
        => Manage<GatewayPage>(managementKey, "GET", $"/v3/merchants/{merchant}/apiCredentials", GatewayCredential.ManagementRole, () =>
        {
            if (merchant != options.Merchant) return Invalid("merchantId", "The merchant account does not exist.");
            if (pageNumber is < 1) return Invalid("pageNumber", "The first page is 1.");
            if (pageSize is < 1 or > PageSizeMax) return Invalid("pageSize", $"A page holds 1 to {PageSizeMax}.");
            var size = pageSize ?? PageSizeStandard;
            return new GatewayPage([.. _credentials.Values.Skip(((pageNumber ?? 1) - 1) * size).Take(size)], _credentials.Count, (_credentials.Count + size - 1) / size);
        });

    /// <summary>Enables or disables a credential with all its keys; null leaves it as it is.</summary>
    public Answer<GatewayCredential> Update(string? managementKey, string merchant, string credentialId, bool? isActive)
        => Manage<GatewayCredential>(managementKey, "PATCH", $"/v3/merchants/{merchant}/apiCredentials/{credentialId}", GatewayCredential.ManagementRole, () =>
            Missing(merchant, credentialId) is { } missing ? missing
                : _credentials[credentialId] = _credentials[credentialId] with { IsActive = isActive ?? _credentials[credentialId].IsActive });

    /// <summary>The credential a key belongs to; needs any management role.</summary>
    public Answer<GatewayCredential> Me(string? key)
        => Manage<GatewayCredential>(key, "GET", "/v3/me", "Management API", () => Holder(key, Now)!);

    /// <summary>Takes a payment. Every attempt is written down.</summary>
    public Answer<string> Pay(string? key, string? reference = null)
    {
        lock (_gate)
        {
            var isAccepted = Holder(key, Now) is { } holder && holder.Roles.Contains(GatewayCredential.PaymentRole);
            var transaction = string.Create(CultureInfo.InvariantCulture, $"PSP{_payments.Count + 1:D12}");
            _payments.Add(new Payment(Now, transaction, reference ?? transaction, LabelOf(key), isAccepted));
            if (!isAccepted) return Unauthorized();
            _accepted++;
            return transaction;
        }
    }

    private static RemoteError Unauthorized() => new(401, "00_401", null, "Unauthorized");

    private Answer<T> Manage<T>(string? key, string method, string path, string role, Func<Answer<T>> effect)
    {
        lock (_gate)
        {
            var answer = Holder(key, Now) is not { } holder ? Unauthorized()
                : !holder.Roles.Any(held => held.StartsWith(role, StringComparison.Ordinal)) ? new RemoteError(403, "00_403", null, "Forbidden")
                : effect();
            _requests.Add(new GatewayRequest(Now, method, path, LabelOf(key), answer.Error?.Status ?? 200));
            return answer;
        }
    }

    private RemoteError? Missing(string merchant, string credentialId)
        => merchant == options.Merchant && _credentials.ContainsKey(credentialId) ? null : new RemoteError(422, "00_422", null, "The API credential does not exist.");

    private static RemoteError Invalid(string field, string message) => new(422, "30_422", field, message);

    private string Company(string? key) => Holder(key, Now)!.CompanyName;

    private GatewayCredential? Holder(string? value, DateTimeOffset now)
        => Find(value) is { } key && key.IsAccepted(now) && _credentials[key.CredentialId] is { IsActive: true } credential ? credential : null;

    private GatewayKey? Find(string? value) => value is null ? null : _keys.FirstOrDefault(key => key.Value.RevealToRemote() == value);

    private GatewayKey Issue(string credentialId, DateTimeOffset activeFrom)
    {
        var label = string.Create(CultureInfo.InvariantCulture, $"key-{_keys.Count + 1}");
        var key = new GatewayKey(label, credentialId, new SecretText(NewValue(label)), Now, activeFrom, null);
        _keys.Add(key);
        return key;
    }

    private void Replace(string label, Func<GatewayKey, GatewayKey> change)
    {
        var index = _keys.FindIndex(key => key.Label == label);
        _keys[index] = change(_keys[index]);
    }

    // Long, and with characters that JSON, HTML and URLs escape, as the gateway's own keys have: a search that knows only one encoding misses them.
    private string NewValue(string label)
    {
        var bytes = Hash(label);
        return $"AQE{Convert.ToBase64String(bytes[..48])}-{Convert.ToBase64String(bytes[48..])}-<{{&{Convert.ToHexStringLower(bytes[..4])}";
    }

    private byte[] Hash(string label) => HMACSHA512.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"gateway/{seed}")), Encoding.UTF8.GetBytes(label));
}
