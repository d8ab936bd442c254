using CredRotation.Testing;
using CredRotation.Testing.Simulation;

namespace CredRotation.Benchmarks.Simulate;

/// <summary>Adds up what schedules came to, from any number of threads.</summary>
internal sealed class SimulateTally
{
    /// <summary>How often every place must have been reached in a full run.</summary>
    private const int CoverageMin = 20;

    /// <summary>Fewer seeds are a look and no full run: they miss nothing for want of coverage.</summary>
    private const int FullRun = 10_000;

    /// <summary>Places that are named because they were reached least often.</summary>
    private const int RarestMax = 40;

    private readonly Lock _gate = new();
    private readonly List<SimulationResult> _results = [];
    private readonly Dictionary<(string Class, string Operation, string Side, string Kind), int> _hits = [];

    public int Schedules
    {
        get
        {
            lock (_gate) return _results.Count;
        }
    }

    /// <summary>What was wrong with it; null when nothing was.</summary>
    public string? Add(SimulationResult result)
    {
        lock (_gate)
        {
            // What was reached is counted here, so that it need not be kept.
            _results.Add(result with { Hits = [], Operations = new Dictionary<string, int>(), Sequence = [] });
            foreach (var hit in result.Hits)
            {
                var place = (result.Scenario.Vendor.Name, hit.Operation, hit.Side, hit.Kind);
                _hits[place] = _hits.GetValueOrDefault(place) + 1;
            }
        }

        return result.Violations.Count == 0 ? null : string.Join(Environment.NewLine, result.Violations.Take(3).Select(violation => $"{violation.Invariant} {violation.At:u} {violation.Detail}"));
    }

    public SimulateReport Report(int seeds, int from, TimeSpan elapsed)
    {
        lock (_gate)
        {
            var covered = Scenarios.Accepted.ToDictionary(vendor => vendor.Name, Covered);
            var byClass = Scenarios.Accepted.ToDictionary(vendor => vendor.Name, vendor => Class(vendor.Name, covered[vendor.Name]));
            var rarest = covered.Values.SelectMany(places => places).OrderBy(place => place.Times).Take(RarestMax).ToList();
            var least = rarest[0];
            var refused = VendorClasses.All.Where(vendor => !Scenarios.Accepted.Contains(vendor)).ToDictionary(vendor => vendor.Name, vendor => SimulatedSettings.RefusalOf(vendor)!);
            var violations = _results.Sum(result => result.Violations.Count);
            var missed = new List<string>();
            if (violations > 0) missed.Add($"violations is {violations}; it must be 0. stderr names the seeds.");
            if (_results.Sum(result => result.Unfinished) is > 0 and var unfinished) missed.Add($"unfinished is {unfinished}; it must be 0.");
            if (_results.Sum(result => result.HeldWithinBudget) is > 0 and var held) missed.Add($"heldWithinBudget is {held}; it must be 0.");
            if (_results.Sum(result => result.UnknownUnreported) is > 0 and var unknown) missed.Add($"unknownUnreported is {unknown}; it must be 0.");
            if (seeds >= FullRun && least.Times < CoverageMin) missed.Add($"coverage.least is {least.Times} at {least.Where}; it must be at least {CoverageMin}.");
            return new SimulateReport(
                seeds,
                from,
                _results.Count,
                _results.Sum(result => result.Kills),
                _results.Sum(result => result.Hosts),
                violations,
                _results.Sum(result => result.Unfinished),
                _results.Sum(result => result.HeldWithinBudget),
                _results.Sum(result => result.UnknownUnreported),
                _results.Sum(result => result.SuspectedReported),
                byClass,
                new Coverage(least.Times, least.Where, covered.Values.Sum(places => places.Count), rarest.ToDictionary(place => place.Where, place => place.Times)),
                _results.SelectMany(result => result.Violations).GroupBy(violation => violation.Invariant).OrderBy(group => group.Key, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count()),
                refused,
                missed,
                Math.Round(elapsed.TotalSeconds, 1));
        }
    }

    private SimulatedClass Class(string name, List<(string Where, int Times)> covered)
    {
        var results = _results.FindAll(result => result.Scenario.Vendor.Name == name);
        return new SimulatedClass(
            results.Count,
            results.Sum(result => result.Kills),
            results.Sum(result => result.Violations.Count),
            results.Sum(result => result.Unfinished),
            results.Sum(result => result.HeldWithinBudget),
            results.Sum(result => result.UnknownUnreported),
            results.Sum(result => result.SuspectedReported),
            covered.Min(place => place.Times),
            results.SelectMany(result => result.Ends).GroupBy(end => end).OrderBy(group => group.Key, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count()));
    }

    private List<(string Where, int Times)> Covered(VendorClass vendor)
        => [.. Scenarios.PlacesOf(vendor)
            .Select(place => (place.Operation, Side: PlannedMishap.SideOf(place.Mishap), Kind: PlannedMishap.KindOf(place.Mishap)))
            .Distinct()
            .Select(place => ($"{vendor.Name} {place.Operation} {place.Side} {place.Kind}", _hits.GetValueOrDefault((vendor.Name, place.Operation, place.Side, place.Kind))))];
}
