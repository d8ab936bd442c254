using CredRotation.Engine;
using CredRotation.Engine.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Testing;

/// <summary>
/// A <see cref="RotationWorld"/> around a vendor of one class: the consumer's two instances read the in-memory vault, work at the vendor, and
/// acknowledge only what worked.
/// </summary>
public sealed class VendorWorld : IAsyncDisposable
{
    private const string ConsumerAlias = "checkout";
    private static readonly string[] InstanceNames = ["checkout-1", "checkout-2"];

    /// <param name="settings">Overrides settings, as in <see cref="RotationWorld"/>.</param>
    public VendorWorld(VendorClass vendor, IReadOnlyDictionary<string, string?>? settings = null, int seed = 1)
    {
        var all = new Dictionary<string, string?> { ["Rotation:FallbackGroup"] = RotationWorld.FallbackGroup };
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>()) all[name] = value;
        World = new RotationWorld(all, seed: seed, vendor: vendor);
        Consumer = new VendorConsumer(World.Vaults, Vendor, ConsumerAlias, RotationWorld.PaymentsHost, RotationWorld.SecretNameText);
        foreach (var instance in InstanceNames) Consumer.Start(instance);
        World.Consumers.Answers(ConsumerAlias, InstanceNames);
        World.Consumers.Signalled = async (_, signal, instances) =>
        {
            foreach (var instance in instances.Where(instance => Consumer.Reload(instance, signal.Version)))
                await World.AcknowledgeAsync(RotationWorld.CheckoutPrincipal, signal.Rotation, signal.Version, instance);
        };
    }

    public RotationWorld World { get; }

    public VendorModel Vendor => World.Vendor!;

    public VendorConsumer Consumer { get; }

    /// <summary>The value that consumers without a version read.</summary>
    public VendorCredential? Current => World.CurrentValue() is { } value ? Vendor.Find(value) : null;

    /// <summary>People at the vendor do everything that waits for them, and hand in what they made where that is how it comes.</summary>
    /// <param name="host">Where they hand it in: one that lives.</param>
    public async Task DoErrandsAsync(RotationHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        foreach (var errand in Vendor.OpenErrands) Vendor.Do(errand);
        var rotation = await World.RotationAsync(cancellationToken);
        if (rotation is not { IntakeMarker: { } marker, HandedIn: null } || Vendor.Credentials.LastOrDefault(credential => credential.Marker == marker) is not { } made) return;

        var intake = host.Services.GetRequiredService<SealedIntake>();
        var form = await intake.OpenAsync(rotation, RotationWorld.OwnerOne, cancellationToken);
        await intake.TakeAsync(rotation, form!.Token, made.Value, RotationWorld.OwnerOne, "owner-1", cancellationToken);
    }

    /// <summary>Lets one rotation run to its end: owners approve whenever asked, people at the vendor do their errands, time passes. Answers it as it ended.</summary>
    /// <param name="days">The most time that it may take.</param>
    public async Task<Rotation> RotateAsync(CancellationToken cancellationToken, int days = 10)
    {
        await World.SweepAsync(cancellationToken);
        for (var hour = 0; hour < days * 24; hour++)
        {
            var rotation = await World.RotationAsync(cancellationToken);
            if (rotation.IsClosed) return rotation;
            if (rotation.Hold?.Reason is HoldReason.ApprovalNeeded) await World.ApproveAsync(RotationWorld.OwnerOne, cancellationToken);
            await DoErrandsAsync(World.Host, cancellationToken);
            await World.PassAsync(TimeSpan.FromHours(1), cancellationToken);
        }

        return await World.RotationAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => World.DisposeAsync();
}
