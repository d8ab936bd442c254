namespace CredRotation.Testing.Simulation;

/// <summary>How people behave while things go wrong. Afterwards all do what is asked of them.</summary>
public enum PeopleMood { Prompt, Late, Silent, Wrong }

/// <summary>How the consumer behaves while things go wrong.</summary>
public enum ConsumerMood { Prompt, Late, Silent, Repeating }

/// <summary>What a person changes by hand, at the vault or at the vendor.</summary>
public enum HandMood { Nothing, SameValueAgain, OwnCredential, Garbage, EndsNew, EndsOld, StrangerCredentials, OtherTags, OldValueAgain }

/// <summary>What the directory says of the owner group: it is there, it cannot be asked every time while things go wrong, or it was deleted long ago.</summary>
public enum OwnersMood { Present, Unreachable, Gone }

/// <summary>How the hosts' clocks go.</summary>
public enum ClockMood { Close, Jumping }

/// <summary>Everything that one schedule goes by: with the seed it says all that happens.</summary>
public sealed record Scenario(int Seed, VendorClass Vendor)
{
    public IReadOnlyList<PlannedMishap> Mishaps { get; init; } = [];

    /// <summary>The share of all calls, reads included, that meet trouble beside the planned mishaps, per thousand.</summary>
    public int NoisePerMille { get; init; }

    public PeopleMood People { get; init; }

    public OwnersMood Owners { get; init; }

    public ConsumerMood Consumer { get; init; }

    public HandMood Hand { get; init; }

    public ClockMood Clock { get; init; }

    /// <summary>Messages are lost, doubled and late, and hints come twice.</summary>
    public bool IsStormy { get; init; }

    /// <summary>Another installation works on the same account, and where the class allows it on the same target.</summary>
    public bool HasNeighbour { get; init; }

    public int Rotations { get; init; } = 1;

    public int Hosts { get; init; } = 2;

    /// <summary>A fault budget that every class states: kills, lost answers, throttling and freezes end without a person, except the asked approvals.</summary>
    public bool IsWithinBudget => People is not PeopleMood.Wrong && Consumer is not ConsumerMood.Silent && Hand is HandMood.Nothing or HandMood.StrangerCredentials && Clock is ClockMood.Close;

    /// <summary>How many lost issues this class bears in one rotation: what nobody can find again stops at the second.</summary>
    public int LostIssuesMax => Vendor.Traits is { IssueReplay: CredRotation.Engine.IssueReplay.None } and ({ CanList: false } or { ListShowsMarker: false }) ? 1 : 4;

    /// <summary>Whether this mishap can leave a credential that was issued and that nobody has.</summary>
    public static bool MayLoseIssue(string operation, string kind) => operation switch
    {
        "vendor.issue" => kind is not "throttled",
        "vault.write@staging" or "ledger.change@IssueSent" => kind is "kill" or "freeze",
        _ => false,
    };

    /// <summary>Those two who answer, by the directory's own truth: the owners, or whom the fallback group has while these are gone.</summary>
    public IReadOnlyList<string> Answering => Owners is OwnersMood.Gone ? [RotationWorld.OwnerTwo, RotationWorld.Stranger] : [RotationWorld.OwnerOne, RotationWorld.OwnerTwo];

    public override string ToString()
        => $"seed {Seed}, class {Vendor.Name}, people {People}, owners {Owners}, consumer {Consumer}, by hand {Hand}, clocks {Clock}, {Hosts} hosts, {Rotations} rotations{(IsStormy ? ", stormy" : "")}{(HasNeighbour ? ", a neighbour" : "")}, noise {NoisePerMille}/1000; mishaps: {string.Join("; ", Mishaps)}";
}
