using CredRotation.Engine.Authorize;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Registry;
using CredRotation.Engine.Releases;
using CredRotation.Engine.Setup;
using Microsoft.Extensions.Options;

namespace CredRotation.Engine.Rehearse;

/// <summary>
/// Says what would happen to a secret now, by the rules that a sweep and a visit go by. No effect: it reads the vault's properties, the
/// registry and the directory, and writes and calls nothing else.
/// </summary>
public sealed class Rehearsal
{
    private const string CallId = "rot-rehearsal";

    private readonly ICredentialVault _vault;
    private readonly CredentialRegistry _registry;
    private readonly Answerable _answerable;
    private readonly IProviderCatalog _providers;
    private readonly SetupCheck _setup;
    private readonly RotationOptions _options;
    private readonly TimeProvider _clock;

    internal Rehearsal(ICredentialVault vault, CredentialRegistry registry, Answerable answerable, IProviderCatalog providers, SetupCheck setup, IOptions<RotationOptions> options, TimeProvider clock)
        => (_vault, _registry, _answerable, _providers, _setup, _options, _clock) = (vault, registry, answerable, providers, setup, options.Value, clock);

    /// <summary>Null: the vault is not watched, or holds no such secret. Throws <see cref="RemoteTroubleException"/> when the vault does not answer.</summary>
    public async Task<RehearsalReport?> RunAsync(SecretName secret, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (_options.Vaults.All(vault => SecretName.HostOf(vault) != secret.VaultHost)) return null;
        return await _vault.FindNewestAsync(secret, CallId, cancellationToken) is { } newest ? await RunAsync(newest, cancellationToken) : null;
    }

    /// <summary>The same with the properties that a version has, or would have.</summary>
    internal async Task<RehearsalReport?> RunAsync(SecretProperties newest, CancellationToken cancellationToken)
    {
        if (newest.Version is not { } version) return null;

        var secret = newest.Secret;
        var now = _clock.GetUtcNow();
        var seen = new SeenVersion(version, newest.ExpiresOn, newest.CreatedOn, newest.Tags.Count > 0, now);
        var known = await _registry.FindAsync(CredentialId.Of(secret), cancellationToken);
        var inTheWay = new List<Finding>();
        if (known?.Released is { } released)
        {
            if (!released.IsUndoneBy(newest)) return Unmanaged(secret, seen, [Released(released, now)]);
            known = null;
        }

        var row = known is null ? await ReadTagsAsync(newest, seen, inTheWay, now, cancellationToken) : known with { Seen = seen };
        return row is null
            ? Unmanaged(secret, seen, inTheWay)
            : await ReportAsync(row, known is not null, newest, inTheWay, now, cancellationToken);
    }

    /// <summary>The row that a sweep would make of the tags; null with the findings that stand against it.</summary>
    private async Task<CredentialRow?> ReadTagsAsync(SecretProperties newest, SeenVersion seen, List<Finding> inTheWay, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (newest.IsManaged || !TagReader.AsksForManagement(newest))
        {
            inTheWay.Add(new Finding("unmanaged", newest.IsManaged ? "It is the secret behind a certificate, which the vault keeps itself." : "No rotate- tag asks for its rotation.",
                newest.IsManaged ? "Renew the certificate instead." : $"Tag it with {TagReader.Account}, {TagReader.Target} and {TagReader.Owner}.", now));
            return null;
        }

        var (binding, findings) = TagReader.Read(newest, _options, now);
        inTheWay.AddRange(findings);
        if (binding is null) return null;

        var id = CredentialId.Of(newest.Secret);
        if (await _registry.FindTargetAsync(binding.Account, binding.Target, cancellationToken) is { } owner && owner != id)
            inTheWay.Add(SecretLook.TargetTaken(binding, now));
        return new CredentialRow { Id = id, Secret = newest.Secret, Binding = binding, AdoptedOn = now, Seen = seen };
    }

    private static Finding Released(ReleasedAdoption released, DateTimeOffset now)
        => new("released", RotationMachine.Bounded($"{released.PersonName} released it on {EngineTime.Text(released.On)}: {released.Reason}"), "To have it rotated again, change its rotate- tags; the next sweep adopts it anew and asks an owner first.", now);

    private RehearsalReport Unmanaged(SecretName secret, SeenVersion seen, List<Finding> inTheWay)
        => new(secret, false, RehearsalVerdict.Blocked, "Nothing would be rotated: it is not managed and a sweep would not adopt it.", _options.Mode, "Rotation:Mode", seen.Version, seen.ExpiresOn, null, null, null, null, [], inTheWay, null);

    private async Task<RehearsalReport> ReportAsync(CredentialRow row, bool isManaged, SecretProperties newest, List<Finding> inTheWay, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var account = _options.Accounts.GetValueOrDefault(row.Binding.Account);
        var policy = _options.Policies.GetValueOrDefault(row.Binding.Policy);
        var provider = account is null ? null : _providers.Find(account.Provider);
        var mode = _options.ModeOf(policy);
        var modeFrom = mode == _options.Mode ? "Rotation:Mode" : $"Rotation:Policies:{row.Binding.Policy}:Mode";
        if (mode is RotationMode.Rotate && await _setup.CeilingAsync(row.Secret.VaultHost, cancellationToken) is var ceiling && ceiling < mode) (mode, modeFrom) = (ceiling, "the setup check: a right is missing");
        if (account is null || policy is null || provider is null)
        {
            inTheWay.Add(new Finding("not-configured", $"Account '{row.Binding.Account}' or policy '{row.Binding.Policy}' of its binding is no longer configured.", "Put the setting back, or change the binding by its tags with the owners' consent.", now, FindingSeverity.Warning));
            return new RehearsalReport(row.Secret, isManaged, RehearsalVerdict.Blocked, "Nothing would be rotated.", mode, modeFrom, row.Seen.Version, row.Seen.ExpiresOn, null, row.Binding, null, null, [], inTheWay, null);
        }

        var dueBecause = DueRules.IsDue(row.Seen, policy, now);
        var plan = RotationPlans.Make(row, account, policy, provider, dueBecause ?? "Not due; begun by a person now.", ("rehearsal", now), null, now);
        if (!newest.IsEnabled) inTheWay.Add(new Finding("disabled", "The newest version is disabled: it cannot be read.", "Enable it, or set a new version.", now, FindingSeverity.Warning));
        if (plan.Traits.IssueEndangersOld && row.Binding.Consumers.Count == 0)
            inTheWay.Add(new Finding("no-consumer", "No consumer is named, so nobody could prove that the new credential is in use before the old one ends.", $"Name the consumers in {TagReader.Consumers} or in the policy.", now, FindingSeverity.Warning));
        if (ChangeWindows.OpensOn(policy, [.. ChangeWindows.FreezesOf(_options, row.Binding.Policy).Values], now) is var opensOn && (opensOn is null || opensOn > now))
            inTheWay.Add(new Finding("outside-window", $"No change window is open now: nothing would be issued before {(opensOn is { } opens ? EngineTime.Text(opens) : "a person goes on without one")}. At the last safe moment it would not wait any longer.", "Nothing needs doing; or change the policy's Windows or Rotation:Freezes.", now));
        if (plan.ProviderApproval is { } asked)
            inTheWay.Add(new Finding("provider-approval", RotationMachine.Bounded($"The provider has to approve first: {asked.Contact}, contract {asked.ContractReference}. It usually takes {asked.LeadTime.TotalDays:0.#} days."), "A person asks it with the request on the rotation's page, and says there what it answered.", now));
        var approval = await FindApprovalAsync(row, plan, inTheWay, now, cancellationToken);
        var beside = isManaged ? StandsBeside(row, newest, now) : [];
        var open = row.IsOpen ? RotationId.Of(row.Id, row.Ordinal) : (RotationId?)null;
        var (verdict, says) = Judge(row, plan, mode, modeFrom, dueBecause, approval, inTheWay);
        return new RehearsalReport(row.Secret, isManaged, verdict, says, mode, modeFrom, row.Seen.Version, row.Seen.ExpiresOn, dueBecause, row.Binding,
            TimesOf(plan, now), approval, PlannedSteps.Of(plan, provider.SecretNames, approval.Needed, _options), [.. inTheWay, .. beside], open);
    }

    /// <summary>What a person should know although the present binding rotates regardless of it.</summary>
    private List<Finding> StandsBeside(CredentialRow row, SecretProperties newest, DateTimeOffset now)
    {
        var findings = SecretLook.ReadTags(row, newest, _options, now).Findings.ToList();
        if (row.Pending is not null && findings.All(finding => finding.Code != "binding-change"))
            findings.Add(new Finding("binding-change", "Another binding was asked for and waits; this is what the present one would do.", "Consent on the credentials page, or write the tags as they were.", now));
        return [.. row.Findings, .. findings];
    }

    /// <summary>As the visit asks, with a visit that nobody claimed and nothing saves.</summary>
    private async Task<PlannedApproval> FindApprovalAsync(CredentialRow row, RotationPlan plan, List<Finding> inTheWay, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var owners = await _answerable.FindAsync(new Visit { Id = "rehearsal", ClaimedAt = 0, Row = row, RowTag = "" }, cancellationToken);
        var needed = AuthorizeStep.PeopleNeeded(plan.Approval);
        var hasStanding = owners.State is not OwnerState.Healthy && AuthorizeStep.HasStandingAuthorization(row, plan);
        // Rule 17: past the last safe moment nobody's absence stops it any more.
        var severity = hasStanding && plan.LastSafeMoment <= now ? FindingSeverity.Notice : FindingSeverity.Warning;
        switch (owners.State)
        {
            case OwnerState.Gone or OwnerState.TooFew:
                inTheWay.Add(new Finding("no-owner", owners.State is OwnerState.Gone ? "The owner group does not exist any more, and no living fallback group is configured." : "The answering group has fewer than two enabled members.", "Add members, or set Rotation:FallbackGroup to a living group.", now, severity));
                break;
            case OwnerState.CannotSee:
                inTheWay.Add(new Finding("owner-unseen", $"The owner group cannot be read. {owners.Detail}", "Grant the app's identity the permission to read groups and their members.", now, severity));
                break;
            case OwnerState.Unavailable:
                inTheWay.Add(new Finding("directory-silent", $"The directory did not answer. {owners.Detail}", "Ask again in a minute; a rotation would wait for it.", now, severity));
                break;
        }

        var why = hasStanding ? $"The policy asks no approval. While nobody answers it waits until {EngineTime.Text(plan.LastSafeMoment!.Value)}, then rotates on the policy's standing authorization, leadership told."
            : plan.Approval is ApprovalRule.None ? "The policy asks no approval."
            : plan.Policy.Approval == plan.Approval ? "The policy asks it."
            : _options.Accounts[row.Binding.Account].LowestApproval == plan.Approval ? "The account asks it."
            : "It is the first rotation of this credential, and issuing starts the old one's end.";
        return new PlannedApproval(owners.Group, owners.GroupName, owners.State, owners.People.Count, owners.Reachable.Count(), !string.Equals(owners.Group, row.Binding.OwnerGroup, StringComparison.OrdinalIgnoreCase), needed, why);
    }

    private static (RehearsalVerdict Verdict, string Says) Judge(CredentialRow row, RotationPlan plan, RotationMode mode, string modeFrom, string? dueBecause, PlannedApproval approval, List<Finding> inTheWay)
    {
        if (row.IsOpen) return (RehearsalVerdict.IsOpen, "A rotation is open. It goes on by its own plan; none is begun beside it.");
        if (mode is not RotationMode.Rotate) return (RehearsalVerdict.ModeForbids, $"{modeFrom} is {mode}: nothing would be rotated. With Rotate, {(dueBecause is null ? "nothing would be due yet" : approval.Needed == 0 ? "it would run now" : "it would ask for approval now")}.");
        if (inTheWay.Any(finding => finding.Severity >= FindingSeverity.Warning)) return (RehearsalVerdict.Blocked, "A rotation would not get through: see what stands in the way.");
        if (dueBecause is null) return (RehearsalVerdict.NotDue, plan.OldExpiresOn is { } end ? $"Nothing is due before {EngineTime.Text(end - plan.Policy.Lead)}." : "Nothing is ever due by itself: the current version has no end.");
        return approval.Needed == 0
            ? (RehearsalVerdict.WouldRotate, "It would rotate now without asking anybody.")
            : (RehearsalVerdict.WouldAsk, $"It would open now and wait for {approval.Needed} approval{(approval.Needed == 1 ? "" : "s")} by members of {approval.GroupName ?? approval.Group}.");
    }

    private static PlannedTimes TimesOf(RotationPlan plan, DateTimeOffset now)
    {
        var oldEnds = plan.Traits is { OldValidity: OldValidity.Timer, OldLife: { } life } ? now + life : (DateTimeOffset?)null;
        return new PlannedTimes(plan.OldExpiresOn - plan.Policy.Lead, plan.ApproveBy, plan.LastSafeMoment, oldEnds, oldEnds - plan.Policy.Reserve, now + plan.NewLifetime);
    }
}
