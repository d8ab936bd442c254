using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;

namespace CredRotation.Testing;

/// <summary>Behaves like the data plane of any number of key vaults, on one clock; version ids follow from the seed, so that a seed repeats.</summary>
public sealed partial class VaultModel(TimeProvider time, int seed)
{
    /// <summary>Key Vault's own page size.</summary>
    public const int PageSize = 25;

    private const int RetentionDays = 90;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Store> _vaults = [];
    private readonly List<VaultRequest> _requests = [];
    private readonly HashSet<string> _everWritten = new(StringComparer.Ordinal);

    public IReadOnlyList<VaultRequest> Requests
    {
        get
        {
            lock (_gate) return [.. _requests];
        }
    }

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Called after each new version, outside of any lock; what raises events listens here.</summary>
    public Action<VaultVersion>? Written { get; set; }

    /// <summary>Whether no newer version of its secret is there; it leaves no trace in the audit log.</summary>
    public bool IsNewest(VaultVersion version)
    {
        lock (_gate) return _vaults.TryGetValue(version.Vault, out var store) && store.Live(version.Name)?.Versions[^1].Id == version.Id;
    }

    /// <summary>Opens a vault under its host (with port) and the alias that operations and version ids use.</summary>
    public void AddVault(string host, string alias)
    {
        lock (_gate) _vaults.Add(host, new Store(alias));
    }

    /// <summary>From now on only these callers may use the vault; others get ForbiddenByRbac.</summary>
    public void Restrict(string host, params string[] callers)
    {
        lock (_gate) _vaults[host].Callers = [.. callers];
    }

    /// <summary>From now on nobody may list keys, or certificates; secrets stay as they are.</summary>
    public void RefuseToList(string host, VaultObjectKind kind)
    {
        lock (_gate) _vaults[host].RefusedKinds.Add(kind);
    }

    /// <summary>Makes a key, as a person would.</summary>
    public void AddKey(string host, string name, DateTimeOffset? expiresOn, IReadOnlyDictionary<string, string>? tags = null)
    {
        lock (_gate) _vaults[host].Keys[name] = Listed(host, name, expiresOn, tags, isManaged: false);
    }

    /// <summary>Makes a certificate, and with it the key and the secret of the same name that the vault keeps itself.</summary>
    public void AddCertificate(string host, string name, DateTimeOffset? expiresOn, IReadOnlyDictionary<string, string>? tags = null)
    {
        lock (_gate)
        {
            var store = _vaults[host];
            store.Certificates[name] = Listed(host, name, expiresOn, tags, isManaged: false);
            store.Keys[name] = Listed(host, name, expiresOn, tags, isManaged: true);
            var (secret, now) = (store.Add(name), Now.ToUnixTimeSeconds());
            secret.Versions.Add(new VaultVersion(host, name, NextId(store.Alias, secret), new SecretText($"pfx-of-{name}"), "application/x-pkcs12", true, null, expiresOn?.ToUnixTimeSeconds(), now, now, new Dictionary<string, string>(tags ?? new Dictionary<string, string>()), IsManaged: true));
        }
    }

    /// <summary>The newest version of each key.</summary>
    public Answer<VaultPage<VaultListed>> ListKeys(string vault, string? after, VaultCaller caller)
        => Run<VaultPage<VaultListed>>(vault, "KeyList", null, null, caller, store =>
            store.RefusedKinds.Contains(VaultObjectKind.Key) ? Forbidden() : Page(store.Keys.Values, item => item.Name, after));

    /// <summary>The newest version of each certificate.</summary>
    public Answer<VaultPage<VaultListed>> ListCertificates(string vault, string? after, VaultCaller caller)
        => Run<VaultPage<VaultListed>>(vault, "CertificateList", null, null, caller, store =>
            store.RefusedKinds.Contains(VaultObjectKind.Certificate) ? Forbidden() : Page(store.Certificates.Values, item => item.Name, after));

    /// <summary>The alias of a vault, for operation names.</summary>
    public string AliasOf(string host)
    {
        lock (_gate) return _vaults.TryGetValue(host, out var store) ? store.Alias : "unknown";
    }

    /// <summary>Whether this value was ever written into any vault.</summary>
    public bool HasEverHeld(SecretText value)
    {
        lock (_gate) return _everWritten.Contains(value.RevealToRemote());
    }

    public Answer<VaultVersion> Set(string vault, string name, VaultContent content, VaultCaller caller)
    {
        var answer = Write(vault, name, content, caller);
        if (answer.IsOk) Written?.Invoke(answer.Value);
        return answer;
    }

    private Answer<VaultVersion> Write(string vault, string name, VaultContent content, VaultCaller caller)
        => Run<VaultVersion>(vault, "SecretSet", name, null, caller, store =>
        {
            if (Fault(name, content.Value.RevealToRemote(), content.ContentType, content.Tags) is { } wrong) return BadParameter(wrong);
            var secret = store.Find(name) ?? store.Add(name);
            if (secret.DeletedOn is not null) return new RemoteError(409, "Conflict", "ObjectIsDeletedButRecoverable", $"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused.");

            var now = Now.ToUnixTimeSeconds();
            var version = new VaultVersion(
                vault,
                secret.Name,
                NextId(store.Alias, secret),
                content.Value,
                content.ContentType,
                content.IsEnabled,
                content.NotBefore,
                content.Expires,
                now,
                now,
                new Dictionary<string, string>(content.Tags));
            secret.Versions.Add(version);
            _everWritten.Add(content.Value.RevealToRemote());
            return version;
        });

    /// <summary>Reads a value; without <paramref name="version"/> the newest, and a disabled newest one does not fall back.</summary>
    public Answer<VaultVersion> Get(string vault, string name, string? version, VaultCaller caller)
        => Run<VaultVersion>(vault, "SecretGet", name, version, caller, store =>
        {
            if (store.Live(name) is not { } secret) return NotFound(name);
            var found = version is null ? secret.Versions[^1] : secret.Version(version);
            if (found is null) return NotFound($"{name}/{version}");
            return found.IsEnabled ? found : new RemoteError(403, "Forbidden", "SecretDisabled", "Operation get is not allowed on a disabled secret.");
        });

    public Answer<VaultVersion> Update(string vault, string name, string version, VaultChange change, VaultCaller caller)
        => Run<VaultVersion>(vault, "SecretUpdate", name, version, caller, store =>
        {
            if (store.Live(name) is not { } secret || secret.Version(version) is not { } old) return NotFound($"{name}/{version}");
            if (Fault(name, "-", change.ContentType, change.Tags) is { } wrong) return BadParameter(wrong);
            var updated = old with
            {
                ContentType = change.ContentType ?? old.ContentType,
                IsEnabled = change.IsEnabled ?? old.IsEnabled,
                NotBefore = change.NotBefore ?? old.NotBefore,
                Expires = change.Expires ?? old.Expires,
                Tags = change.Tags is null ? old.Tags : new Dictionary<string, string>(change.Tags),
                Updated = Now.ToUnixTimeSeconds(),
            };
            secret.Versions[secret.Versions.IndexOf(old)] = updated;
            return updated;
        });

    /// <summary>The newest version of each secret, disabled ones included.</summary>
    public Answer<VaultPage<VaultVersion>> List(string vault, string? after, VaultCaller caller)
        => Run<VaultPage<VaultVersion>>(vault, "SecretList", null, null, caller, store =>
            store.Page(after, PageSize));

    /// <summary>Every version; the order says nothing about age, as with the real one.</summary>
    public Answer<VaultPage<VaultVersion>> ListVersions(string vault, string name, string? after, VaultCaller caller)
        => Run<VaultPage<VaultVersion>>(vault, "SecretListVersions", name, null, caller, store =>
            store.Live(name) is { } secret ? Page(secret.Versions, item => item.Id, after) : NotFound(name));

    public Answer<VaultDeleted> Delete(string vault, string name, VaultCaller caller)
        => Run<VaultDeleted>(vault, "SecretDelete", name, null, caller, store =>
        {
            if (store.Live(name) is not { } secret) return NotFound(name);
            secret.DeletedOn = Now.ToUnixTimeSeconds();
            return Deleted(secret);
        });

    public Answer<VaultDeleted> GetDeleted(string vault, string name, VaultCaller caller)
        => Run<VaultDeleted>(vault, "SecretGetDeleted", name, null, caller, store =>
            store.Find(name) is { DeletedOn: not null } secret ? Deleted(secret) : NotFound(name));

    public Answer<VaultPage<VaultDeleted>> ListDeleted(string vault, string? after, VaultCaller caller)
        => Run<VaultPage<VaultDeleted>>(vault, "SecretListDeleted", null, null, caller, store =>
            Page(store.Secrets.Where(secret => secret.DeletedOn is not null).Select(Deleted), item => item.Latest.Name, after));

    public Answer<VaultVersion> Recover(string vault, string name, VaultCaller caller)
        => Run<VaultVersion>(vault, "SecretRecover", name, null, caller, store =>
        {
            if (store.Find(name) is not { DeletedOn: not null } secret) return NotFound(name);
            secret.DeletedOn = null;
            return secret.Versions[^1];
        });

    public Answer<VaultDeleted> Purge(string vault, string name, VaultCaller caller)
        => Run<VaultDeleted>(vault, "SecretPurge", name, null, caller, store =>
        {
            if (store.Find(name) is not { DeletedOn: not null } secret) return NotFound(name);
            store.Remove(secret);
            return Deleted(secret);
        });

    private static VaultPage<T> Page<T>(IEnumerable<T> items, Func<T, string> order, string? after)
    {
        var rest = items.Where(item => after is null || string.CompareOrdinal(order(item), after) > 0).OrderBy(order, StringComparer.Ordinal).Take(PageSize + 1).ToList();
        var page = rest.Take(PageSize).ToList();
        return new VaultPage<T>(page, rest.Count > PageSize ? order(page[^1]) : null);
    }

    private static VaultDeleted Deleted(Secret secret)
        => new(secret.Versions[^1], secret.DeletedOn!.Value, secret.DeletedOn.Value + (long)TimeSpan.FromDays(RetentionDays).TotalSeconds);

    private static RemoteError NotFound(string what)
        => new(404, "SecretNotFound", null, $"A secret with (name/id) {what} was not found in this key vault.");

    private static RemoteError Forbidden() => new(403, "Forbidden", "ForbiddenByRbac", "Caller is not authorized to perform action on resource.");

    private VaultListed Listed(string host, string name, DateTimeOffset? expiresOn, IReadOnlyDictionary<string, string>? tags, bool isManaged)
    {
        var now = Now.ToUnixTimeSeconds();
        return new VaultListed(host, name, IsEnabled: true, expiresOn?.ToUnixTimeSeconds(), now, now, new Dictionary<string, string>(tags ?? new Dictionary<string, string>()), isManaged);
    }

    private static RemoteError BadParameter(string what) => new(400, "BadParameter", null, what);

    private static string? Fault(string name, string value, string? contentType, IReadOnlyDictionary<string, string>? tags)
        => !NamePattern().IsMatch(name) ? "A secret's name has 1 to 127 characters of 0-9, a-z, A-Z and '-'."
            : Encoding.UTF8.GetByteCount(value) > 25 * 1024 ? "A secret's value has at most 25 KB."
            : contentType is { Length: > 255 } ? "A content type has at most 255 characters."
            : tags is { Count: > 15 } ? "A secret has at most 15 tags."
            : tags is not null && tags.Any(tag => tag.Key.Length > 512 || tag.Value.Length > 512) ? "A tag's name and value have at most 512 characters each."
            : null;

    private string NextId(string alias, Secret secret)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{seed}/{alias}/{secret.Name}/{secret.NextOrdinal++}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
    }

    private Answer<T> Run<T>(string vault, string operation, string? name, string? version, VaultCaller caller, Func<Store, Answer<T>> effect)
    {
        lock (_gate)
        {
            var answer = !_vaults.TryGetValue(vault, out var store) ? new RemoteError(404, "VaultNotFound", null, "No such vault.")
                : store.Callers is { } callers && !callers.Contains(caller.Name)
                    ? Forbidden()
                    : effect(store);
            var touched = (answer.Value as VaultVersion)?.Id ?? version;
            _requests.Add(new VaultRequest(Now, vault, operation, name, touched, caller.Name, caller.ClientRequestId, answer.Error?.Status ?? 200));
            return answer;
        }
    }

    [GeneratedRegex("^[0-9A-Za-z-]{1,127}$")]
    private static partial Regex NamePattern();

    private sealed class Store(string alias)
    {
        private readonly Dictionary<string, Secret> _secrets = new(StringComparer.OrdinalIgnoreCase);

        public string Alias => alias;

        public HashSet<string>? Callers { get; set; }

        public HashSet<VaultObjectKind> RefusedKinds { get; } = [];

        public Dictionary<string, VaultListed> Keys { get; } = new(StringComparer.OrdinalIgnoreCase);

        public Dictionary<string, VaultListed> Certificates { get; } = new(StringComparer.OrdinalIgnoreCase);

        public IEnumerable<Secret> Secrets => _secrets.Values.Where(secret => secret.Versions.Count > 0);

        public Secret? Find(string name) => _secrets.TryGetValue(name, out var secret) && secret.Versions.Count > 0 ? secret : null;

        public Secret? Live(string name) => Find(name) is { DeletedOn: null } secret ? secret : null;

        /// <summary>Names in ordinal order until the next one is added, so that a long list is not sorted for each of its pages.</summary>
        private List<string>? _names;

        /// <summary>The newest version of each living secret after that name.</summary>
        public VaultPage<VaultVersion> Page(string? after, int size)
        {
            _names ??= [.. _secrets.Keys.Order(StringComparer.Ordinal)];
            var at = after is null ? 0 : _names.BinarySearch(after, StringComparer.Ordinal) is >= 0 and var found ? found + 1 : ~_names.BinarySearch(after, StringComparer.Ordinal);
            var items = new List<VaultVersion>();
            for (; at < _names.Count && items.Count <= size; at++)
                if (Live(_names[at]) is { } secret) items.Add(secret.Versions[^1]);
            return items.Count <= size ? new VaultPage<VaultVersion>(items, null) : new VaultPage<VaultVersion>(items[..size], items[size - 1].Name);
        }

        public Secret Add(string name)
        {
            if (_secrets.TryGetValue(name, out var known)) return known;
            _names = null;
            return _secrets[name] = new Secret(name);
        }

        // A purged secret stays as an empty shell: its next version must not repeat an id that was in use.
        public void Remove(Secret secret)
        {
            _secrets[secret.Name] = new Secret(secret.Name) { NextOrdinal = secret.NextOrdinal };
        }
    }

    private sealed class Secret(string name)
    {
        public string Name => name;

        public List<VaultVersion> Versions { get; } = [];

        public long? DeletedOn { get; set; }

        public int NextOrdinal { get; set; } = 1;

        public VaultVersion? Version(string id) => Versions.FirstOrDefault(version => version.Id == id);
    }
}
