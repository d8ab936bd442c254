using System.Runtime.CompilerServices;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;

namespace CredRotation.Testing;

/// <summary>A <see cref="VaultModel"/> as the engine's ports, without HTTP.</summary>
public sealed class InMemoryVault(VaultModel model, FaultInjector faults, string caller = "rotator") : ICredentialVault, IVaultInventory
{
    public IAsyncEnumerable<VaultObject> ListAsync(Uri vault, VaultObjectKind kind, CancellationToken cancellationToken)
    {
        var (host, who) = (SecretName.HostOf(vault), new VaultCaller(caller, ""));
        return kind switch
        {
            VaultObjectKind.Secret => ListAsync("list", host, after => model.List(host, after, who),
                item => new VaultObject(kind, host, item.Name.ToLowerInvariant(), item.IsEnabled, At(item.Expires), At(item.Created), At(item.Updated), item.Tags, item.IsManaged), cancellationToken),
            VaultObjectKind.Key => ListAsync("keys", host, after => model.ListKeys(host, after, who), item => Object(kind, item), cancellationToken),
            _ => ListAsync("certificates", host, after => model.ListCertificates(host, after, who), item => Object(kind, item), cancellationToken),
        };
    }

    private async IAsyncEnumerable<VaultObject> ListAsync<T>(string operation, string host, Func<string?, Answer<VaultPage<T>>> list, Func<T, VaultObject> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        do
        {
            var start = after;
            var page = await RunAsync(operation, host, () => list(start), cancellationToken);
            foreach (var item in page.Items) yield return read(item);
            after = page.Next;
        }
        while (after is not null);
    }

    private static VaultObject Object(VaultObjectKind kind, VaultListed item)
        => new(kind, item.Vault, item.Name.ToLowerInvariant(), item.IsEnabled, At(item.Expires), At(item.Created), At(item.Updated), item.Tags, item.IsManaged);

    public async Task<IReadOnlyList<SecretProperties>> ListVersionsAsync(SecretName secret, string callId, CancellationToken cancellationToken)
    {
        List<VaultVersion> versions = [];
        string? after = null;
        do
        {
            var start = after;
            var page = await RunAsync("versions", secret.VaultHost, () => model.ListVersions(secret.VaultHost, secret.Name, start, new VaultCaller(caller, callId)), cancellationToken);
            versions.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);
        return [.. versions.OrderBy(version => version.Created).Select(Properties)];
    }

    public Task<VaultSecret> ReadCurrentAsync(SecretName secret, string callId, CancellationToken cancellationToken)
        => ReadAsync(secret, null, callId, cancellationToken);

    public Task<VaultSecret> ReadVersionAsync(SecretName secret, string version, string callId, CancellationToken cancellationToken)
        => ReadAsync(secret, version, callId, cancellationToken);

    public Task ConfirmWritableAsync(SecretProperties current, string callId, CancellationToken cancellationToken)
    {
        var change = new VaultChange(current.ContentType, current.IsEnabled, null, current.ExpiresOn?.ToUnixTimeSeconds(), current.Tags);
        var (host, name, version) = (current.Secret.VaultHost, current.Secret.Name, current.Version ?? throw new ArgumentException("A version is needed to update one.", nameof(current)));
        return RunAsync("patch", host, () => model.Update(host, name, version, change, new VaultCaller(caller, callId)), cancellationToken);
    }

    public Task RetagAsync(SecretProperties current, IReadOnlyDictionary<string, string> tags, DateTimeOffset? expiresOn, string callId, CancellationToken cancellationToken)
    {
        var change = new VaultChange(current.ContentType, current.IsEnabled, null, (expiresOn ?? current.ExpiresOn)?.ToUnixTimeSeconds(), tags);
        var (host, name, version) = (current.Secret.VaultHost, current.Secret.Name, current.Version ?? throw new ArgumentException("A version is needed to update one.", nameof(current)));
        return RunAsync("patch", host, () => model.Update(host, name, version, change, new VaultCaller(caller, callId)), cancellationToken);
    }

    public async Task<string> WriteAsync(SecretName secret, VaultWrite write, string callId, CancellationToken cancellationToken)
    {
        var content = new VaultContent(write.Value, write.ContentType, true, null, write.ExpiresOn?.ToUnixTimeSeconds(), write.Tags);
        var version = await RunAsync("write", secret.VaultHost, () => model.Set(secret.VaultHost, secret.Name, content, new VaultCaller(caller, callId)), cancellationToken);
        return version.Id;
    }

    public async Task DiscardAsync(SecretName secret, string callId, CancellationToken cancellationToken)
    {
        var answer = await CallAsync("delete", secret.VaultHost, () => model.Delete(secret.VaultHost, secret.Name, new VaultCaller(caller, callId)), cancellationToken);
        if (answer.Error is { Status: not 404 } error) throw Trouble(error);
    }

    private async Task<VaultSecret> ReadAsync(SecretName secret, string? version, string callId, CancellationToken cancellationToken)
    {
        var found = await RunAsync("read", secret.VaultHost, () => model.Get(secret.VaultHost, secret.Name, version, new VaultCaller(caller, callId)), cancellationToken);
        return new VaultSecret(Properties(found), found.Value, model.Now);
    }

    private async Task<T> RunAsync<T>(string operation, string host, Func<Answer<T>> effect, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(operation, host, effect, cancellationToken);
        return answer.IsOk ? answer.Value : throw Trouble(answer.Error);
    }

    private Task<Answer<T>> CallAsync<T>(string operation, string host, Func<Answer<T>> effect, CancellationToken cancellationToken)
        => faults.RunAsync($"vault.{operation}@{model.AliasOf(host)}", effect, cancellationToken);

    private static SecretProperties Properties(VaultVersion version) => new(
        SecretName.Of(new Uri($"https://{version.Vault}/"), version.Name),
        version.Id,
        version.IsEnabled,
        At(version.Expires),
        At(version.Created),
        At(version.Updated),
        version.ContentType,
        version.Tags,
        version.IsManaged);

    private static DateTimeOffset? At(long? seconds) => seconds is { } value ? DateTimeOffset.FromUnixTimeSeconds(value) : null;

    private static RemoteTroubleException Trouble(RemoteError error) => new("vault", Kind(error), $"The vault answered {error.Status} {error.InnerCode ?? error.Code}.");

    private static RemoteTrouble Kind(RemoteError error) => error switch
    {
        { InnerCode: "SecretDisabled" } => RemoteTrouble.Disabled,
        { InnerCode: "ForbiddenByFirewall" or "ForbiddenByConnection" } => RemoteTrouble.Firewall,
        { Status: 401 or 403 } => RemoteTrouble.Denied,
        { Status: 400 } => RemoteTrouble.BadRequest,
        { Status: 404 } => RemoteTrouble.NotFound,
        { Status: 409 } => RemoteTrouble.Deleted,
        { Status: 429 } => RemoteTrouble.Throttled,
        _ => RemoteTrouble.Unknown,
    };
}
