using System.Runtime.CompilerServices;
using Azure.Core;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.KeyVault;

/// <summary>Lists what a Key Vault holds by its three list calls, which return no value and no key material; every page has the whole time-out.</summary>
public sealed class KeyVaultInventory(KeyVaultClientFactory clients, IOptions<RotationOptions> rotation) : IVaultInventory
{
    /// <summary>Pages of 25 that one listing reads before it gives up on ever ending.</summary>
    internal const int PagesMax = 4000;

    // Old enough for every cloud; the lists have looked the same since.
    private const string ApiVersion = "7.4";

    public async IAsyncEnumerable<VaultObject> ListAsync(Uri vault, VaultObjectKind kind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var host = SecretName.HostOf(vault);
        var verb = $"list its {Path(kind)}";
        var next = new Uri($"https://{host}/{Path(kind)}?api-version={ApiVersion}");
        for (var page = 0; ; page++)
        {
            if (page == PagesMax) throw KeyVaultTrouble.Endless(host, verb, PagesMax);
            var read = await ReadAsync(vault, kind, next, verb, cancellationToken);
            foreach (var item in read.Items) yield return item;
            if (read.Next is null) yield break;
            next = read.Next;
        }
    }

    private async Task<VaultListPage> ReadAsync(Uri vault, VaultObjectKind kind, Uri page, string verb, CancellationToken cancellationToken)
    {
        var host = SecretName.HostOf(vault);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(rotation.Value.EffectTimeout);
        try
        {
            var pipeline = clients.PipelineFor(vault);
            using var message = pipeline.CreateMessage();
            message.Request.Method = RequestMethod.Get;
            message.Request.Uri.Reset(page);
            message.Request.Headers.Add("Accept", "application/json");
            await pipeline.SendAsync(message, deadline.Token);
            if (message.Response.Status != 200) throw new Azure.RequestFailedException(message.Response);
            return VaultListPage.Read(message.Response.Content.ToMemory(), vault, kind) ?? throw KeyVaultTrouble.Unreadable(host, null, verb, "no list of names");
        }
        catch (Exception exception) when (exception is not RemoteTroubleException && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw KeyVaultTrouble.Of(exception, host, null, verb, KeyVaultTrouble.ListRole);
        }
    }

    private static string Path(VaultObjectKind kind) => kind switch
    {
        VaultObjectKind.Secret => "secrets",
        VaultObjectKind.Key => "keys",
        VaultObjectKind.Certificate => "certificates",
        _ => throw new System.Diagnostics.UnreachableException($"No list of {kind}."),
    };
}
