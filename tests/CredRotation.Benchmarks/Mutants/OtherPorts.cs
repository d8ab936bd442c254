using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Benchmarks.Mutants;

/// <summary>A vault that passes everything on, for mutants to change one thing of.</summary>
internal class OtherVault(ICredentialVault vault) : ICredentialVault
{
    public virtual Task<IReadOnlyList<SecretProperties>> ListVersionsAsync(SecretName secret, string callId, CancellationToken cancellationToken) => vault.ListVersionsAsync(secret, callId, cancellationToken);

    public virtual Task<VaultSecret> ReadCurrentAsync(SecretName secret, string callId, CancellationToken cancellationToken) => vault.ReadCurrentAsync(secret, callId, cancellationToken);

    public virtual Task<VaultSecret> ReadVersionAsync(SecretName secret, string version, string callId, CancellationToken cancellationToken) => vault.ReadVersionAsync(secret, version, callId, cancellationToken);

    public virtual Task ConfirmWritableAsync(SecretProperties current, string callId, CancellationToken cancellationToken) => vault.ConfirmWritableAsync(current, callId, cancellationToken);

    public virtual Task RetagAsync(SecretProperties current, IReadOnlyDictionary<string, string> tags, DateTimeOffset? expiresOn, string callId, CancellationToken cancellationToken) => vault.RetagAsync(current, tags, expiresOn, callId, cancellationToken);

    public virtual Task<string> WriteAsync(SecretName secret, VaultWrite write, string callId, CancellationToken cancellationToken) => vault.WriteAsync(secret, write, callId, cancellationToken);

    public virtual Task DiscardAsync(SecretName secret, string callId, CancellationToken cancellationToken) => vault.DiscardAsync(secret, callId, cancellationToken);
}

/// <summary>A provider that passes everything on, for mutants to change one thing of.</summary>
internal class OtherProvider(ICredentialProvider provider) : ICredentialProvider
{
    public string Kind => provider.Kind;

    public string Configuration => provider.Configuration;

    public IReadOnlyList<string> SecretNames => provider.SecretNames;

    public virtual ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => provider.Describe(parameters);

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters) => provider.Validate(parameters);

    public virtual Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken) => provider.CheckTargetAsync(target, cancellationToken);

    public virtual Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => provider.IssueAsync(target, ticket, cancellationToken);

    public virtual Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken) => provider.VerifyAsync(target, candidate, cancellationToken);

    public virtual Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken) => provider.RetireAsync(target, ticket, cancellationToken);

    public virtual Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => provider.RecoverAsync(target, ticket, cancellationToken);

    public virtual Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken) => provider.ListAsync(target, cancellationToken);
}

/// <summary>A ledger whose texts are other ones when read or written.</summary>
internal class OtherRows(IRowStore rows, Func<RowKey, string, string>? reads = null, Func<RowKey, string, string>? writes = null) : IRowStore
{
    public virtual async Task<StoredRow?> FindAsync(RowKey key, CancellationToken cancellationToken)
        => await rows.FindAsync(key, cancellationToken) is { } row ? Read(row) : null;

    public virtual Task<string> InsertAsync(RowKey key, string body, CancellationToken cancellationToken) => rows.InsertAsync(key, Written(key, body), cancellationToken);

    public virtual Task<string> ReplaceAsync(RowKey key, string body, string tag, CancellationToken cancellationToken) => rows.ReplaceAsync(key, Written(key, body), tag, cancellationToken);

    public Task DeleteAsync(RowKey key, string tag, CancellationToken cancellationToken) => rows.DeleteAsync(key, tag, cancellationToken);

    public virtual Task<IReadOnlyList<string>> ChangeAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
        => rows.ChangeAsync(partition, [.. changes.Select(change => change switch
        {
            RowChange.Insert insert => insert with { Body = Written(insert.Key, insert.Body) },
            RowChange.Replace replace => replace with { Body = Written(replace.Key, replace.Body) },
            _ => change,
        })], cancellationToken);

    public async Task<RowPage> ScanAsync(string partition, string prefix, string? next, CancellationToken cancellationToken)
    {
        var page = await rows.ScanAsync(partition, prefix, next, cancellationToken);
        return page with { Rows = [.. page.Rows.Select(Read)] };
    }

    private StoredRow Read(StoredRow row) => reads is null ? row : row with { Body = reads(row.Key, row.Body) };

    private string Written(RowKey key, string body) => writes is null ? body : writes(key, body);
}

/// <summary>A ledger that overwrites whatever stands there.</summary>
internal sealed class UnfencedRows(IRowStore rows) : OtherRows(rows)
{
    private readonly IRowStore _rows = rows;

    public override async Task<string> ReplaceAsync(RowKey key, string body, string tag, CancellationToken cancellationToken)
        => await _rows.ReplaceAsync(key, body, await TagOf(key, tag, cancellationToken), cancellationToken);

    public override async Task<IReadOnlyList<string>> ChangeAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
    {
        var forced = new List<RowChange>();
        foreach (var change in changes) forced.Add(change is RowChange.Replace replace ? replace with { Tag = await TagOf(replace.Key, replace.Tag, cancellationToken) } : change);
        return await _rows.ChangeAsync(partition, forced, cancellationToken);
    }

    private async Task<string> TagOf(RowKey key, string tag, CancellationToken cancellationToken) => (await _rows.FindAsync(key, cancellationToken))?.Tag ?? tag;
}

/// <summary>A ledger that leaves out the index of open work.</summary>
internal sealed class UnindexedRows(IRowStore rows) : OtherRows(rows)
{
    public override Task<string> InsertAsync(RowKey key, string body, CancellationToken cancellationToken)
        => key.Partition.StartsWith("open-", StringComparison.Ordinal) ? Task.FromResult("left out") : base.InsertAsync(key, body, cancellationToken);
}

/// <summary>A ledger that keeps <c>IssueSent</c> in memory until the next write: what is said to be durable is not.</summary>
internal sealed class LazyRows(IRowStore rows) : OtherRows(rows)
{
    private readonly IRowStore _rows = rows;
    private (string Partition, IReadOnlyList<RowChange> Changes)? _kept;

    public override async Task<StoredRow?> FindAsync(RowKey key, CancellationToken cancellationToken)
        => _kept is { } kept && kept.Changes.FirstOrDefault(change => change.Key == key) is { } change && BodyOf(change) is { } body ? new StoredRow(key, body, "kept") : await _rows.FindAsync(key, cancellationToken);

    public override async Task<IReadOnlyList<string>> ChangeAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
    {
        if (_kept is { } kept)
        {
            _kept = null;
            var tags = await _rows.ChangeAsync(kept.Partition, kept.Changes, cancellationToken);
            var known = kept.Changes.Zip(tags).ToDictionary(pair => pair.First.Key, pair => pair.Second);
            changes = [.. changes.Select(change => change is RowChange.Replace replace && known.TryGetValue(replace.Key, out var tag) ? replace with { Tag = tag } : change)];
        }
        else if (changes.Any(change => change.Key.Row.StartsWith("rot-", StringComparison.Ordinal) && BodyOf(change)?.Contains("\"state\":\"IssueSent\",\"stateOn\"", StringComparison.Ordinal) is true))
        {
            _kept = (partition, changes);
            return [.. changes.Select(_ => "kept")];
        }

        return await _rows.ChangeAsync(partition, changes, cancellationToken);
    }

    private static string? BodyOf(RowChange change) => change switch { RowChange.Insert insert => insert.Body, RowChange.Replace replace => replace.Body, _ => null };
}
