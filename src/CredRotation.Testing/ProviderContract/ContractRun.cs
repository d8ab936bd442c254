using System.Globalization;
using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>One check under way: calls the provider as the engine does, where whatever is thrown means unknown, and takes down what is wrong.</summary>
internal sealed class ContractRun(IProviderBench bench, ProviderTraits traits, ContractNotes notes, CancellationToken cancellationToken)
{
    public const string Nobodys = "nobody-was-ever-given-this-value-0123456789";

    /// <summary>Longer than any clock may tick unseen.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMinutes(1);

    private static readonly RotationId Rotation = RotationId.TryParse("contractcontractcont", out var id) ? id : throw new InvalidOperationException("The contract's rotation has no id.");

    private readonly List<string> _faults = [];
    private readonly List<SecretText> _values = [bench.Current];
    private string? _notApplicable;

    public IProviderBench Bench => bench;

    public ProviderTraits Traits => traits;

    public CancellationToken Cancel => cancellationToken;

    /// <summary>When people did what an issue waited for; null: no issue waited.</summary>
    public DateTimeOffset? DoneOn { get; private set; }

    public void Fail(string words) => _faults.Add(words);

    public void Confirm(string trait, string words) => notes.Confirm(trait, words);

    public void Contradict(string trait, string words)
    {
        notes.Contradict(trait, words);
        _faults.Add($"{trait}: {words}");
    }

    /// <summary>Confirms a trait, or contradicts it.</summary>
    public void Judge(string trait, bool isSo, string confirmed, string contradicted)
    {
        if (isSo) Confirm(trait, confirmed);
        else Contradict(trait, contradicted);
    }

    public void Demand(bool isSo, string otherwise)
    {
        if (!isSo) Fail(otherwise);
    }

    public void DoesNotApply(string why) => _notApplicable = why;

    public CheckFinding Finish(string name) => _faults.Count > 0 ? new CheckFinding(name, CheckResult.Failed, string.Join(' ', _faults))
        : _notApplicable is { } why ? new CheckFinding(name, CheckResult.NotApplicable, why)
        : new CheckFinding(name, CheckResult.Passed, "");

    /// <summary>Lets the longest stated activation pass.</summary>
    public void Settle() => bench.Pass(traits.ActivationDelayMax + Moment);

    /// <summary>What one attempt says, as the engine would say it.</summary>
    public async Task<IssueTicket> TicketAsync(int attempt = 1)
    {
        var material = traits.SecretOrigin is SecretOrigin.Provider ? null : bench.Provider.MakeMaterial(bench.Target.Parameters);
        if (material is not null) _values.Add(material);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Rotation.Value}-{attempt}");
        var old = await ProbeAsync(bench.Current) as ProbeOutcome.Works;
        return new IssueTicket(Rotation, attempt, $"token-{name}", $"rot-kitkit-{name}", bench.Now + TimeSpan.FromDays(90)) { OldId = old?.CredentialId, Material = material };
    }

    /// <summary>Issues and does not come back without a credential; what waits for people is done by them.</summary>
    public async Task<IssueOutcome.Issued> IssueAsync(IssueTicket ticket)
    {
        var outcome = await TryIssueAsync(ticket);
        if (outcome is IssueOutcome.Pending pending) outcome = await AwaitAsync(ticket, pending);
        return outcome as IssueOutcome.Issued ?? throw new ContractBrokenException($"An issue was to succeed and came to {Name(outcome)}.");
    }

    public async Task<IssueOutcome.Issued> IssueAsync(int attempt = 1) => await IssueAsync(await TicketAsync(attempt));

    /// <summary>Whether this check does not apply because people do what it is about, without any call; says so.</summary>
    public bool IsByPeople()
    {
        if (traits.HandedIn) DoesNotApply("A person does it, and no call is made.");
        return traits.HandedIn;
    }

    /// <summary>After the people at the vendor did their part.</summary>
    public async Task<IssueOutcome> AwaitAsync(IssueTicket ticket, IssueOutcome.Pending pending)
    {
        // As the engine keeps it with the attempt.
        ticket = ticket with { Handle = pending.Handle };
        Demand(pending.PollAfter > TimeSpan.Zero, "A pending issue is to be asked about again at once, for ever.");
        var still = await RecoverAsync(ticket);
        Demand(still is RecoverOutcome.Pending or RecoverOutcome.Indeterminate, $"Asked while people had done nothing, a pending issue came to {Name(still)}.");
        if (traits.HandedIn)
        {
            var handed = new IssueOutcome.Issued(bench.HandOver() ?? throw new ContractBrokenException("A person is said to make the credential, and at this vendor nobody can."), null, null, null);
            Learn(handed);
            return handed;
        }

        if (!bench.DoErrands()) throw new ContractBrokenException("An issue was called pending, and nothing waited for anybody at the vendor.");
        DoneOn = bench.Now;
        bench.Pass(pending.PollAfter);
        return await RecoverAsync(ticket) is RecoverOutcome.Issued issued ? issued.Result : throw new ContractBrokenException("People did what an issue waited for, and it was not found afterwards.");
    }

    public async Task<IssueOutcome> TryIssueAsync(IssueTicket ticket)
    {
        var outcome = await OrUnknownAsync<IssueOutcome>(() => bench.Provider.IssueAsync(bench.Target, ticket, cancellationToken), words => new IssueOutcome.Unknown(words));
        if (outcome is IssueOutcome.Issued issued) Learn(issued);
        return outcome;
    }

    public Task<ProbeOutcome> ProbeAsync(SecretText value, string? id = null)
    {
        _values.Add(value);
        return OrUnknownAsync<ProbeOutcome>(() => bench.Provider.VerifyAsync(bench.Target with { Secrets = new Dictionary<string, SecretText>() }, new Candidate(id, value), cancellationToken), words => new ProbeOutcome.Unknown(words, null));
    }

    public Task<RetireOutcome> RetireAsync(RetireTicket ticket)
        => OrUnknownAsync<RetireOutcome>(() => bench.Provider.RetireAsync(bench.Target, ticket, cancellationToken), words => new RetireOutcome.Unknown(words));

    /// <summary>What is thrown tells nothing: to the engine the same as indeterminate.</summary>
    public async Task<RecoverOutcome> RecoverAsync(IssueTicket ticket)
    {
        var outcome = await OrUnknownAsync<RecoverOutcome>(() => bench.Provider.RecoverAsync(bench.Target, ticket, cancellationToken), _ => new RecoverOutcome.Indeterminate());
        if (outcome is RecoverOutcome.Issued issued) Learn(issued.Result);
        return outcome;
    }

    public Task<TargetOutcome> CheckTargetAsync(ProviderTarget? target = null)
        => OrUnknownAsync<TargetOutcome>(() => bench.Provider.CheckTargetAsync(target ?? bench.Target, cancellationToken), words => new TargetOutcome.Unknown(words, null));

    public Task<IReadOnlyList<ListedCredential>?> ListAsync() => bench.Provider.ListAsync(bench.Target, cancellationToken);

    /// <summary>The vendor's handle of what carries this value: as it was said at the issue, or by a probe.</summary>
    public async Task<string?> HandleAsync(SecretText value) => (await ProbeAsync(value) as ProbeOutcome.Works)?.CredentialId;

    public static string Name(object? outcome) => outcome?.GetType().Name ?? "nothing";

    private void Learn(IssueOutcome.Issued issued)
    {
        _values.Add(issued.Value);
        Demand(issued.Id is null || !issued.Id.Contains(issued.Value.RevealToRemote(), StringComparison.Ordinal), "The handle of what was issued holds its value.");
    }

    private async Task<T> OrUnknownAsync<T>(Func<Task<T>> call, Func<string, T> unknown)
        where T : class
    {
        T outcome;
        try
        {
            outcome = await call();
        }
        catch (Exception thrown) when (!cancellationToken.IsCancellationRequested)
        {
            Demand(!Leaks(thrown.ToString()), $"{thrown.GetType().Name} holds a value in its words.");
            return unknown(thrown.GetType().Name);
        }

        Demand(!Leaks($"{outcome}"), $"{outcome.GetType().Name} holds a value in its words.");
        return outcome;
    }

    private bool Leaks(string words)
        => _values.Concat(bench.Target.Secrets.Values).Any(value => words.Contains(value.RevealToRemote(), StringComparison.Ordinal));
}
