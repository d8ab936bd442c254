using CredRotation.Adapters.EventGrid;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Registry;

namespace CredRotation.Functions;

/// <summary>
/// Words what a person should know of events that could not be used: a few findings, whatever a stranger sends, and of a stranger's text
/// only a host's name.
/// </summary>
internal static class UnusableEvents
{
    private const string NothingLost = "Nothing is lost: the sweep reads every vault.";

    public static Finding Of(EventProblem problem, DateTimeOffset now) => problem.Kind switch
    {
        EventProblemKind.UnknownType => new("event-unknown-type", $"{problem.Detail} {NothingLost}", "Narrow the event subscription to Key Vault's types.", now, FindingSeverity.Notice),
        EventProblemKind.TooLarge => new("event-too-large", $"{problem.Detail} {NothingLost}", "Turn off batching on the event subscription, or let it send smaller batches.", now, FindingSeverity.Warning),
        _ => new("event-unreadable", $"{problem.Detail} {NothingLost}", "Look at what else fills this way in: its event subscriptions, and who has its key or may write to its queue.", now, FindingSeverity.Warning),
    };

    /// <summary>Somebody's vault is not watched, or somebody else can post here.</summary>
    public static Finding OfForeignVault(string vaultHost, DateTimeOffset now)
        => new("event-foreign-vault", $"An event came from {vaultHost}, which Rotation:Vaults does not list. It was ignored: no call was made there.", "Remove that vault's event subscription, or add the vault to Rotation:Vaults.", now, FindingSeverity.Warning);
}
