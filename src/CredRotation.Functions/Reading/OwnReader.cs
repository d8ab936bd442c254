using CredRotation.Adapters.Mail;
using CredRotation.Adapters.Storage;
using CredRotation.Adapters.Teams;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using CredRotation.Pages.Own;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions.Reading;

/// <summary>Gathers what the app itself depends on: management credentials with their ends as far as a watched vault shows them, and what has none.</summary>
public sealed class OwnReader(ICredentialRegistry registry, IOptions<RotationOptions> options, IOptions<TeamsOptions> teams, IOptions<MailOptions> mail, IOptions<StorageOptions> storage, TimeProvider time)
{
    private static readonly TimeSpan s_near = TimeSpan.FromDays(30);

    public async Task<OwnPageModel> ReadAsync(Visit visit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var now = time.GetUtcNow();
        var objects = await registry.ListObjectsAsync(cancellationToken).Where(seen => seen.Kind is VaultObjectKind.Secret).ToDictionaryAsync(seen => seen.About, cancellationToken: cancellationToken);
        var lines = new List<OwnLine>();
        foreach (var secret in options.Value.Accounts.SelectMany(account => account.Value.Secrets.Select(one => (Account: account.Key, Role: one.Key, Uri: one.Value))).GroupBy(one => one.Uri.AbsoluteUri, StringComparer.OrdinalIgnoreCase))
            lines.Add(await ManagementAsync([.. secret.Select(one => (one.Account, one.Role))], secret.First().Uri, objects, now, cancellationToken));

        lines.Add(new OwnLine("The app's identity", "Managed identity", "Key Vault, storage, Microsoft Graph, Event Grid", null, "calm", "Azure keeps its key; nothing of it can end.", null));
        lines.Add(new OwnLine("Sign-in of people", "App registration, federated with the app's identity", "Pages", null, "calm", "It has no client secret. If somebody adds one, Rotation:WatchAppRegistrations announces its end.", null));
        lines.Add(new OwnLine("Installation key", options.Value.StagingVault is { } staging ? SecretName.HostOf(staging) : "the staging vault, which is not set", "Fingerprints of values", null, "calm", "Made by the app, without an end. Lost, the next visit makes another, and fingerprints from before count no more.", null));
        lines.Add(new OwnLine("Ledger and queues", storage.Value.AccountName is { Length: > 0 } name ? name : "a file beside the app", "What is under way, and the record", null, "calm", storage.Value.AccountName is { Length: > 0 } ? "Reached by the app's identity, without a key." : "Reached without a key.", null));
        lines.Add(teams.Value.DefaultWebhook is null && teams.Value.Webhooks.Count == 0
            ? new OwnLine("Teams channels", "Teams:DefaultWebhook", "Messages to people", null, mail.Value.Sender is { Length: > 0 } ? "calm" : "warn", mail.Value.Sender is { Length: > 0 } ? "None is set; messages go by mail." : "None is set, and Mail:Sender neither: no message reaches anybody.", null)
            : new OwnLine("Teams channels", "Teams:DefaultWebhook, Teams:Webhooks", "Messages to people", null, "warn", "Each address is a secret without an end of its own; it dies with the workflow or its owner. The setup page proves with a code that messages arrive.", null));
        return new OwnPageModel([.. lines.OrderBy(line => line.Tone switch { "bad" => 0, "warn" => 1, "good" => 2, _ => 3 }).ThenBy(line => line.ExpiresOn ?? DateTimeOffset.MaxValue)], visit.Caller.Name, now);
    }

    private async Task<OwnLine> ManagementAsync(IReadOnlyList<(string Account, string Role)> uses, Uri uri, Dictionary<WatchedName, VaultObject> objects, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var purpose = $"Management credential of {string.Join(", ", uses.Select(use => $"{use.Account} ({use.Role})"))}";
        if (!SecretName.TryParse(uri.AbsoluteUri, out var name) || name is null) return new OwnLine("A management credential", "", purpose, null, "bad", "Its address is no Key Vault secret.", null);

        var row = await registry.FindAsync(CredentialId.Of(name), cancellationToken);
        var seen = objects.GetValueOrDefault(WatchedName.Of(name));
        var endsOn = row?.Seen.ExpiresOn ?? seen?.ExpiresOn;
        if (row is { Released: null })
        {
            var policy = options.Value.Policies.GetValueOrDefault(row.Binding.Policy);
            var mode = policy is null ? RotationMode.Observe : options.Value.ModeOf(policy);
            var (tone, says) = (mode, endsOn) switch
            {
                (_, { } end) when end <= now => ("bad", "Adopted, and it has ended: rotations of these accounts cannot go on. See its page."),
                (not RotationMode.Rotate, _) => ("warn", $"Adopted, but its mode is {mode}: nothing is rotated, and a person has to replace it in time."),
                (_, null) => ("warn", "Adopted, but the vault names no end, so nothing is ever due by itself. Set its end."),
                _ => ("good", "Adopted: it is rotated here."),
            };
            return new OwnLine(name.Name, name.VaultHost, purpose, endsOn, tone, says, row.Id.Value);
        }


        var isWatched = options.Value.Vaults.Any(vault => SecretName.HostOf(vault) == name.VaultHost);
        return (isWatched, seen, endsOn) switch
        {
            (false, _, _) => new OwnLine(name.Name, name.VaultHost, purpose, null, "warn", "Its vault is not watched, so its end is not known here. Add the vault to Rotation:Vaults, or adopt it elsewhere.", null),
            (_, null, _) => new OwnLine(name.Name, name.VaultHost, purpose, null, "bad", "The last sweep did not see it in its vault: rotations of these accounts would fail.", null),
            (_, _, null) => new OwnLine(name.Name, name.VaultHost, purpose, null, "warn", "Not adopted, and the vault names no end: nobody would hear of it in time. Set its end, or adopt it.", null),
            (_, _, { } end) when end <= now => new OwnLine(name.Name, name.VaultHost, purpose, end, "bad", "It has ended: rotations of these accounts cannot go on. Replace it now.", null),
            (_, _, { } end) => new OwnLine(name.Name, name.VaultHost, purpose, end, end - now <= s_near ? "bad" : "warn", "Not adopted: a person has to replace it before then. Adopt it if its provider can be rotated.", null),
        };
    }
}
