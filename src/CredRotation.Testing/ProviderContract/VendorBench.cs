using CredRotation.Engine;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Testing;

/// <summary>A bench over a <see cref="VendorModel"/>: what an author's own bench looks like.</summary>
public sealed class VendorBench : IProviderBench
{
    private const string TargetName = "target-1";
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero));
    private readonly FaultInjector _faults;
    private readonly VendorModel _model;

    /// <param name="wrap">Puts something before the provider, such as the author's own; null: the model's.</param>
    public VendorBench(VendorClass vendor, Func<ICredentialProvider, VendorModel, ICredentialProvider>? wrap = null)
    {
        _faults = new FaultInjector(_clock);
        _model = new VendorModel(_clock, seed: 1, vendor);
        Current = _model.Add(TargetName).Value;
        var provider = new InMemoryVendorProvider(_model, _faults);
        Provider = wrap?.Invoke(provider, _model) ?? provider;
        Target = new ProviderTarget("account", TargetName, new Dictionary<string, string>(), vendor.Traits.HandedIn ? new Dictionary<string, SecretText>() : new Dictionary<string, SecretText> { [InMemoryVendorProvider.ManagementSecret] = _model.ManagementValue });
    }

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    public void Pass(TimeSpan time) => _clock.Advance(time);

    public bool Accepts(SecretText value) => _model.Accepts(value);

    public void LoseNext(LostPart part) => _faults.Add("", part is LostPart.Request ? new Fault.DropBefore() : new Fault.DropAfter());

    public bool ThrottleNext()
    {
        _faults.Add("", new Fault.Refuse(429, "throttled"));
        return true;
    }

    public bool FillQuota()
    {
        if (_model.Class.IssueWaitsFor is not null) return false;
        _faults.Add("vendor.issue", new Fault.Refuse(409, "quota"));
        return true;
    }

    public SecretText? AddStranger() => _model.Class.IsShareable ? _model.Add(TargetName).Value : null;

    public bool DoErrands()
    {
        var open = _model.OpenErrands;
        foreach (var errand in open) _model.Do(errand);
        return open.Count > 0;
    }

    public SecretText? HandOver() => _model.Class.Traits.HandedIn ? _model.Add(TargetName).Value : null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
