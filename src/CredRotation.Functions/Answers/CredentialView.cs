using CredRotation.Engine;
using CredRotation.Engine.Registry;

namespace CredRotation.Functions.Answers;

/// <summary>A credential that is or was managed as JSON: names and times, never a value.</summary>
public sealed record CredentialView(
    string Id,
    string Vault,
    string Secret,
    string Account,
    string Target,
    string OwnerGroup,
    string? OwnerState,
    OwnersSeen? Owners,
    string Policy,
    IReadOnlyList<string> Consumers,
    string Version,
    DateTimeOffset? ExpiresOn,
    DateTimeOffset AdoptedOn,
    DateTimeOffset? WakeOn,
    bool HasRotated,
    string? OpenRotation,
    LastRotationView? LastRotation,
    IReadOnlyList<Finding> Findings,
    BindingChangeView? Pending,
    ReleaseRequestView? ReleaseAsked,
    ReleasedView? Released)
{
    public static CredentialView Of(CredentialRow row, Rotation? last)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new(
            row.Id.Value,
            row.Secret.VaultUri.AbsoluteUri,
            row.Secret.Name,
            row.Binding.Account,
            row.Binding.Target,
            row.Binding.OwnerGroup,
            row.OwnerState,
            row.Owners,
            row.Binding.Policy,
            row.Binding.Consumers,
            row.Seen.Version,
            row.Seen.ExpiresOn,
            row.AdoptedOn,
            row.WakeOn,
            row.HasRotated,
            row.IsOpen ? RotationId.Of(row.Id, row.Ordinal).Value : null,
            last is null ? null : new LastRotationView(last.Id.Value, last.State, last.StateOn, last.Hold is not null),
            row.Findings,
            row.Pending is { } change ? new BindingChangeView(change.Hash, change.AskedOn, change.Binding, [.. change.Consents.Select(consent => consent.PersonName)]) : null,
            row.ReleaseAsked is { } asked ? new ReleaseRequestView(asked.PersonName, asked.Reason, asked.AskedOn, asked.EndsOn) : null,
            row.Released is { } released ? new ReleasedView(released.PersonName, released.Reason, released.On) : null);
    }
}

/// <summary>Another binding that the tags ask for; <c>POST /api/adoptions</c> with this hash consents to it.</summary>
public sealed record BindingChangeView(string Change, DateTimeOffset AskedOn, Binding Binding, IReadOnlyList<string> Consents);

/// <summary>An operator asks that the adoption ends; <c>DELETE /api/adoptions/{id}</c> by an owner does that.</summary>
public sealed record ReleaseRequestView(string PersonName, string Reason, DateTimeOffset AskedOn, DateTimeOffset EndsOn);

/// <summary>The end of an adoption.</summary>
public sealed record ReleasedView(string PersonName, string Reason, DateTimeOffset On);

/// <summary>Where a credential's newest rotation stands.</summary>
public sealed record LastRotationView(string Id, RotationState State, DateTimeOffset StateOn, bool IsHeld);
