using System.Collections.Concurrent;

namespace CredRotation.Testing.Simulation;

/// <summary>One place of the coverage: this effect of this class, on this side, meets this mishap.</summary>
public sealed record CoveragePlace(string Operation, Mishap Mishap);

/// <summary>Makes the scenario of a seed: its class and its planned mishaps go round by the seed's number, so that every place comes in turn; the rest follows from it by chance.</summary>
public static class Scenarios
{
    /// <summary>Planned mishaps of one schedule.</summary>
    private const int MishapsEach = 20;

    private static readonly ConcurrentDictionary<string, (IReadOnlyList<CoveragePlace> Places, IReadOnlyDictionary<string, int> Operations)> Known = new(StringComparer.Ordinal);

    /// <summary>The classes that the shipped start-up accepts.</summary>
    public static IReadOnlyList<VendorClass> Accepted { get; } = [.. VendorClasses.All.Where(vendor => SimulatedSettings.RefusalOf(vendor) is null)];

    /// <summary>What a rotation of this class does when nothing goes wrong: each effect and how often.</summary>
    public static IReadOnlyDictionary<string, int> OperationsOf(VendorClass vendor) => Calm(vendor).Operations;

    /// <summary>Every place that mishaps of this class can meet.</summary>
    public static IReadOnlyList<CoveragePlace> PlacesOf(VendorClass vendor) => Calm(vendor).Places;

    /// <param name="part">Several schedules belong to one seed.</param>
    public static Scenario Of(int seed, int part, int parts)
    {
        var turn = ((long)seed * parts) + part;
        var vendor = Accepted[(int)(((turn % Accepted.Count) + Accepted.Count) % Accepted.Count)];
        return Of(vendor, turn);
    }

    private static Scenario Of(VendorClass vendor, long turn)
    {
        var own = unchecked((int)(turn * 2654435761L));
#pragma warning disable CA5394 // A schedule must repeat by its seed; nothing here is a secret.
        var random = new Random(own);
        var (places, operations) = Calm(vendor);
        // The same kind of trouble on the same side of the same effect is one place, however many mishaps make it.
        var kinds = places.GroupBy(place => (place.Operation, PlannedMishap.SideOf(place.Mishap), PlannedMishap.KindOf(place.Mishap))).Select(group => group.ToList()).ToList();
        // Twice as often: many rotations lose no more issues than they bear, and some never come to retire.
        kinds.AddRange(kinds.FindAll(kind => kind[0].Operation is "vendor.issue" or "vendor.retire"));
        var round = Math.Abs(turn / Accepted.Count);
        // Two of three schedules may lose more issues than the class bears: then people have to choose.
        var bearable = round % 3 != 0 ? MishapsEach : new Scenario(own, vendor).LostIssuesMax;
        var lossy = 0;
        var planned = new Dictionary<(string Operation, int Occurrence), PlannedMishap>();
        for (var number = 0; number < MishapsEach; number++)
        {
            // The places come in turn, and those of one schedule lie far apart.
            var kind = kinds[(int)((round + (number * (long)kinds.Count / MishapsEach)) % kinds.Count)];
            var place = kind[random.Next(kind.Count)];
            if (Scenario.MayLoseIssue(place.Operation, PlannedMishap.KindOf(place.Mishap)) && ++lossy > bearable) continue;
            // Rather an early one: a rotation that goes another way has fewer.
            var occurrence = Math.Min(random.Next(operations[place.Operation]), random.Next(operations[place.Operation])) + 1;
            while (!planned.TryAdd((place.Operation, occurrence), new PlannedMishap(place.Operation, occurrence, place.Mishap, LengthOf(place, random)))) occurrence++;
        }

        return new Scenario(own, vendor)
        {
            Mishaps = [.. planned.Values],
            NoisePerMille = random.Next(10) switch { < 6 => 0, < 9 => 4, _ => 15 },
            People = random.Next(20) switch { < 11 => PeopleMood.Prompt, < 16 => PeopleMood.Late, < 18 => PeopleMood.Silent, _ => PeopleMood.Wrong },
            Consumer = random.Next(20) switch { < 12 => ConsumerMood.Prompt, < 16 => ConsumerMood.Late, < 18 => ConsumerMood.Silent, _ => ConsumerMood.Repeating },
            Hand = random.Next(10) < 7 ? HandMood.Nothing : (HandMood)random.Next(1, 7),
            Clock = random.Next(10) == 0 ? ClockMood.Jumping : ClockMood.Close,
            IsStormy = random.Next(4) == 0,
            HasNeighbour = random.Next(5) == 0,
            Rotations = random.Next(5) == 0 ? 2 : 1,
            Hosts = random.Next(4) == 0 ? 3 : 2,
        };
#pragma warning restore CA5394
    }

    private static TimeSpan LengthOf(CoveragePlace place, Random random)
    {
#pragma warning disable CA5394 // As above.
        var isFenced = place.Operation.StartsWith("ledger.", StringComparison.Ordinal);
        return place.Mishap switch
        {
            // A remote effect that was begun within its claim lands within two minutes of its time-out; a ledger write may come as late as it likes.
            Mishap.FreezeBefore => TimeSpan.FromSeconds(isFenced ? random.Next(5, 1200) : random.Next(5, 100)),
            Mishap.FreezeAfter => TimeSpan.FromSeconds(random.Next(60, 1500)),
            Mishap.Late => TimeSpan.FromSeconds(random.Next(33, 100)),
            Mishap.KillInFlight => TimeSpan.FromSeconds(random.Next(1, 100)),
            _ => TimeSpan.Zero,
        };
#pragma warning restore CA5394
    }

    private static (IReadOnlyList<CoveragePlace> Places, IReadOnlyDictionary<string, int> Operations) Calm(VendorClass vendor) => Known.GetOrAdd(vendor.Name, _ =>
    {
        using var simulation = new Simulation(new Scenario(1, vendor));
        var operations = simulation.Run().Operations;
        return ([.. operations.Keys.Order(StringComparer.Ordinal).SelectMany(operation => MishapsOf(operation).Select(mishap => new CoveragePlace(operation, mishap)))], operations);
    });

    private static IEnumerable<Mishap> MishapsOf(string operation)
    {
        var isLedger = operation.StartsWith("ledger.", StringComparison.Ordinal);
        var isMessage = operation is "notify" or "event.publish" or "queue.send" or "consumer.signal";
        return Enum.GetValues<Mishap>().Where(mishap => mishap switch
        {
            Mishap.Throttled => !isLedger && operation is not "queue.send",
            // A ledger write has its tag: what comes late is refused, and that is tried by chance.
            Mishap.FreezeBefore or Mishap.Late or Mishap.KillInFlight or Mishap.Broken => !isMessage && !isLedger,
            _ => true,
        });
    }
}
