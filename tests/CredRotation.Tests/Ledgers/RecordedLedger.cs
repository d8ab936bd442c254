using System.Text.Json;
using System.Text.Json.Serialization;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;

namespace CredRotation.Tests.Ledgers;

/// <summary>One row as a build of the past stored it.</summary>
public sealed record RecordedRow(string Partition, string Row, string Body);

/// <summary>One credential that was issued, and how it is since.</summary>
public sealed record RecordedCredential(string Id, string? Marker, DateTimeOffset At, DateTimeOffset? ExpiresOn, DateTimeOffset? FirstUsedOn, DateTimeOffset? GoneOn);

/// <summary>One version of a secret as the vault holds it now.</summary>
/// <param name="Credential">The credential whose value it is, by id; null: <paramref name="Text"/> is the value.</param>
public sealed record RecordedVersion(string Vault, string Name, string Id, DateTimeOffset At, string? Credential, string? Text, string? ContentType, bool IsEnabled, long? Expires, IReadOnlyDictionary<string, string> Tags);

/// <summary>
/// Everything that was left at one moment of a rotation when its process died: the rows as that build wrote them, and what vault and vendor
/// held. Nothing of it depends on the engine that goes on from here.
/// </summary>
/// <param name="Vendor">The class of vendor; null: the gateway.</param>
/// <param name="Ends">What became of the rotation when the build that recorded it went on itself.</param>
public sealed record RecordedLedger(
    string Situation,
    string? Vendor,
    DateTimeOffset Now,
    RotationState State,
    HoldReason? Hold,
    string Ends,
    IReadOnlyList<RecordedCredential> Credentials,
    IReadOnlyList<RecordedVersion> Vault,
    IReadOnlyList<RecordedRow> Rows)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    public static RecordedLedger Read(string text) => JsonSerializer.Deserialize<RecordedLedger>(text, Json) ?? throw new JsonException("A recorded ledger is empty.");

    public string Write() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>A world as it was at that moment, with today's engine in it; its rows lie in <paramref name="rows"/>, or in memory.</summary>
    public async Task<RotationWorld> OpenAsync(Func<TimeProvider, IRowStore>? rows, CancellationToken cancellationToken)
    {
        var world = new RotationWorld(vendor: Vendor is null ? null : VendorClasses.Find(Vendor), rows: rows);
        var happenings = Credentials.Select(credential => (credential.At, Act: new Action(() => Make(world, credential))))
            .Concat(Credentials.Where(credential => credential.FirstUsedOn > credential.At).Select(credential => (At: credential.FirstUsedOn!.Value, Act: new Action(() => world.Vendor!.Use("recorded", world.Vendor.FindById(credential.Id)!.Value)))))
            .Concat(Credentials.Where(credential => credential.GoneOn is not null).Select(credential => (At: credential.GoneOn!.Value, Act: new Action(() => world.Vendor!.End(credential.Id)))))
            .Concat(Vault.Select(version => (version.At, Act: new Action(() => Put(world, version)))));
        foreach (var (at, act) in happenings.OrderBy(happening => happening.At))
        {
            MoveTo(world, at);
            act();
        }

        MoveTo(world, Now);
        foreach (var row in Rows) await world.Store.InsertAsync(new RowKey(row.Partition, row.Row), row.Body, cancellationToken);
        return world;
    }

    private static void MoveTo(RotationWorld world, DateTimeOffset moment)
    {
        if (moment > world.Clock.GetUtcNow()) world.Clock.SetUtcNow(moment);
    }

    private static void Make(RotationWorld world, RecordedCredential credential)
    {
        var isMade = world.Vendor is { } vendor
            ? vendor.FindById(credential.Id) is not null || vendor.Issue("recorded", vendor.ManagementValue, new VendorOrder(RotationWorld.Target, credential.Marker ?? "", credential.Marker ?? "", credential.ExpiresOn ?? default, null, null)).IsOk
            : world.Gateway.Keys.Any(key => key.Label == credential.Id) || world.Gateway.Generate(ManagementKey(world), "ShopPOS", RotationWorld.Target).IsOk;
        Assert.True(isMade, $"{credential.Id} could not be made again.");
    }

    private static string ManagementKey(RotationWorld world) => world.Gateway.LiveKeys(RotationWorld.ManagementTarget)[0].Value.RevealToRemote();

    private static void Put(RotationWorld world, RecordedVersion version)
    {
        var person = new VaultCaller("recorded", "recorded");
        if (world.Vaults.Update(version.Vault, version.Name, version.Id, new VaultChange(version.ContentType, version.IsEnabled, null, version.Expires, version.Tags), person).IsOk) return;
        var value = version.Credential is not { } id ? new SecretText(version.Text!)
            : world.Vendor?.FindById(id)?.Value ?? world.Gateway.Keys.Single(key => key.Label == id).Value;
        var written = world.Vaults.Set(version.Vault, version.Name, new VaultContent(value, version.ContentType, version.IsEnabled, null, version.Expires, version.Tags), person);
        Assert.Equal(version.Id, written.Value?.Id);
    }
}
