using System.Runtime.CompilerServices;
using Azure.Core;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.KeyVault;

/// <summary>
/// Lists what a Key Vault holds by its three list calls, which return no value and no key material. Every page has the whole time-out, and is
/// asked for again when a busy vault says when: a long list is not given up for one page.
/// </summary>
public sealed class KeyVaultInventory(KeyVaultClientFactory clients, IOptions<RotationOptions> rotation, TimeProvider clock) : IVaultInventory
{
    /// <summary>Pages of 25 that one listing reads before it gives up on ever ending.</summary>
    internal const int PagesMax = 4000;

    /// <summary>Tries of one page at a busy vault.</summary>
    internal const int TriesMax = 5;

    // Where a busy vault does not say when: what its documentation advises, doubled each time.
    private static readonly TimeSpan BusyPause = TimeSpan.FromSeconds(1), BusyMax = TimeSpan.FromMinutes(1);

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
            var read = await ReadPatientlyAsync(vault, kind, next, verb, cancellationToken);
            foreach (var item in read.Items) yield return item;
            if (read.Next is null) yield break;
            next = read.Next;
        }
    }

    private async Task<VaultListPage> ReadPatientlyAsync(Uri vault, VaultObjectKind kind, Uri page, string verb, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ReadAsync(vault, kind, page, verb, cancellationToken);
            }
            catch (RemoteTroubleException busy) when (busy.Trouble is RemoteTrouble.Throttled && attempt < TriesMax && !(busy.RetryAfter > BusyMax))
            {
                await Task.Delay(busy.RetryAfter ?? BusyPause * Math.Pow(2, attempt - 1), clock, cancellationToken);
            }
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
