using System.Security.Cryptography;
using System.Text;
using CredRotation.Engine;

namespace CredRotation.Providers.Databases.Redis;

/// <summary>
/// Passwords of one ACL user, of which any number live at once: an issue adds one on every node, by its hash, and the end removes exactly the
/// old one's. The target is the user. Each node has users of its own, so nothing is issued that does not stand on all of them and is kept over
/// a restart. Source: Redis documentation, ACL SETUSER, ACL GETUSER, ACL SAVE.
/// </summary>
internal sealed class RedisProvider : ICredentialProvider
{
    public const string KindName = "redis-acl-user";

    private const string Management = "management", NoUser = "target-is-no-user-name";

    public string Kind => KindName;

    public string Configuration => """{"provider":"redis-acl-user","version":1}""";

    public IReadOnlyList<string> SecretNames { get; } = [Management];

    public ProviderFacts Facts { get; } = new(ProviderGroup.Data, ProviderStatus.Live,
        ["the management user, on every node: acl|getuser, acl|setuser, and acl|save or config|rewrite as the account keeps users", "the user itself: nothing more than to sign in"],
        "Redis documentation: ACL, ACL SETUSER, ACL SAVE, RESP; run against Redis 7.0", new DateOnly(2026, 11, 23));

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => new()
    {
        Topology = Topology.Overlap,
        SecretOrigin = SecretOrigin.Caller,
        IssueReplay = IssueReplay.SameMaterial,
        OldValidity = OldValidity.UntilRetired,
        RetireBy = RetireBy.SecretValue,
    };

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters)
    {
        var faults = new List<string>();
        RedisAccount.Read(parameters, faults);
        return faults;
    }

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new TargetOutcome.Unreadable(NoUser, null);
        if (ManagerOf(target, at) is not { } manager) return new TargetOutcome.Unreadable("management-missing", null);

        DateTimeOffset? remoteDate = null;
        try
        {
            foreach (var endpoint in at.Account.Endpoints)
            {
                await using var node = await RedisNode.SignInAsync(endpoint, at.Account.IsEncrypted, manager, cancellationToken);
                remoteDate = await node.ReadTimeAsync(cancellationToken);
                await node.ReadUserAsync(at.User, cancellationToken);
                if (at.Account.Keeping is RedisKeeping.AclFile && await node.HasAclFileAsync(cancellationToken) is false) return new TargetOutcome.Unreadable($"no-acl-file at {endpoint}: set aclfile there, or keep to config or elsewhere", remoteDate);
            }

            return new TargetOutcome.Readable(remoteDate);
        }
        catch (RedisTrouble trouble)
        {
            return trouble.Told.AtTarget(remoteDate);
        }
    }

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new IssueOutcome.Rejected(NoUser);
        if (ticket.Material is not { } material) return new IssueOutcome.Rejected("no-password-made");
        if (ManagerOf(target, at) is not { } manager) return new IssueOutcome.Rejected("management-missing");

        await using var nodes = new Nodes();
        try
        {
            await nodes.SignInAsync(at.Account, manager, cancellationToken);
            // A user that is not there would be made, with no rights: looked for on every node before any is changed.
            foreach (var node in nodes.All) await node.ReadUserAsync(at.User, cancellationToken);
            foreach (var node in nodes.All)
            {
                await node.SetUserAsync(at.User, $"#{HashOf(material)}", cancellationToken);
                nodes.IsChanged = true;
            }

            // Not kept it would end at the next restart: until it is, it is not issued.
            foreach (var node in nodes.All) await node.KeepAsync(at.Account.Keeping, cancellationToken);
            return new IssueOutcome.Issued(at.Account.Form?.Write(new Login(at.User, material), at.Address) ?? material, null, null, null);
        }
        catch (RedisTrouble trouble)
        {
            return nodes.IsChanged
                ? new IssueOutcome.Unknown($"The password is set on at least one node and not yet set and kept on all: {trouble.Message} Consumers run the old one.")
                : trouble.Told.AtIssue();
        }
    }

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new ProbeOutcome.Unknown("Nothing was sent: the target is no user name.", null);

        // Not in the account's form: perhaps a password alone. Only the server says that it is none.
        var login = at.Account.Form?.Read(candidate.Value) ?? new Login(at.User, candidate.Value);
        var (accepted, refused, remoteDate) = (0, 0, (DateTimeOffset?)null);
        foreach (var endpoint in at.Account.Endpoints)
        {
            try
            {
                await using var node = await RedisNode.SignInAsync(endpoint, at.Account.IsEncrypted, login, cancellationToken);
                remoteDate = await node.ReadTimeAsync(cancellationToken);
                accepted++;
            }
            catch (RedisTrouble trouble) when (trouble.Meaning is LoginMeaning.Refused)
            {
                refused++;
            }
            catch (RedisTrouble trouble)
            {
                return trouble.Told.AtProbe(remoteDate);
            }
        }

        // Neither dead nor of use to consumers, who may meet any node.
        if (accepted > 0 && refused > 0) return new ProbeOutcome.Unknown($"{accepted} nodes accept the password and {refused} refuse it.", remoteDate);
        if (accepted == 0) return new ProbeOutcome.Refused(remoteDate);

        return login.Username == at.User ? new ProbeOutcome.Works($"redis/{at.Account.Endpoints[0]}/{at.User}", remoteDate) : new ProbeOutcome.WrongIdentity("The login is accepted, and it is of another user.", remoteDate);
    }

    /// <summary>Removes the password's hash on every node and has it kept, whether or not it was there still: an end that is not kept would be undone by a restart. Sessions that are open live on.</summary>
    public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
    {
        if (Resolve(target) is not { } at) return new RetireOutcome.Rejected(NoUser);
        if (ticket.Value is not { } value) return new RetireOutcome.Rejected("value-unknown");
        if (ManagerOf(target, at) is not { } manager) return new RetireOutcome.Rejected("management-missing");

        var login = at.Account.Form?.Read(value) ?? new Login(at.User, value);
        if (login.Username != at.User) return new RetireOutcome.Rejected("value-is-of-another-user");

        var hash = HashOf(login.Password);
        var isFound = false;
        await using var nodes = new Nodes();
        try
        {
            await nodes.SignInAsync(at.Account, manager, cancellationToken);
            foreach (var node in nodes.All)
            {
                // The server has no word for one that is gone already, only an error.
                if (!(await node.ReadUserAsync(at.User, cancellationToken)).Holds(hash)) continue;
                await node.SetUserAsync(at.User, $"!{hash}", cancellationToken);
                isFound = nodes.IsChanged = true;
            }

            nodes.IsChanged = true;
            foreach (var node in nodes.All) await node.KeepAsync(at.Account.Keeping, cancellationToken);
            return isFound ? new RetireOutcome.Retired() : new RetireOutcome.AlreadyGone();
        }
        catch (RedisTrouble trouble)
        {
            return nodes.IsChanged ? new RetireOutcome.Unknown($"The password is not yet removed and that kept on every node: {trouble.Message}") : trouble.Told.AtRetire();
        }
    }

    // The same password set again is the same: a repeat needs no look.
    public Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => Task.FromResult<RecoverOutcome>(new RecoverOutcome.Indeterminate());

    // A server lists the hashes of passwords. Those that people chose could be found out from them, so none is kept here.
    public Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ListedCredential>?>(null);

    private static string HashOf(SecretText password) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(password.RevealToRemote())));

    private static Login? ManagerOf(ProviderTarget target, Place at)
        => target.Secrets.TryGetValue(Management, out var secret) ? at.Account.Form?.Read(secret) ?? new Login(at.Account.ManagementUser, secret) : null;

    private static Place? Resolve(ProviderTarget target)
        => RedisAccount.IsName(target.Target) && RedisAccount.Read(target.Parameters, []) is { } account ? new Place(account, target.Target) : null;

    /// <summary>One user on all its nodes.</summary>
    private sealed record Place(RedisAccount Account, string User)
    {
        public DatabaseAddress Address => new(Account.Endpoints[0].Host, Account.Endpoints[0].Port, "");
    }

    /// <summary>Every node, signed in to before any is changed.</summary>
    private sealed class Nodes : IAsyncDisposable
    {
        private readonly List<RedisNode> _all = [];

        public IReadOnlyList<RedisNode> All => _all;

        public bool IsChanged { get; set; }

        public async Task SignInAsync(RedisAccount account, Login manager, CancellationToken cancellationToken)
        {
            foreach (var endpoint in account.Endpoints) _all.Add(await RedisNode.SignInAsync(endpoint, account.IsEncrypted, manager, cancellationToken));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var node in _all) await node.DisposeAsync();
        }
    }
}
