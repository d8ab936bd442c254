using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>Which half of a call is lost.</summary>
public enum LostPart
{
    /// <summary>Nothing reaches the vendor.</summary>
    Request,

    /// <summary>The vendor acts, and nobody hears of it.</summary>
    Answer,
}

/// <summary>What the author of a provider gives to <see cref="ProviderContract"/>: a fresh vendor with one target, and a hand on what the provider itself cannot see.</summary>
public interface IProviderBench : IAsyncDisposable
{
    ICredentialProvider Provider { get; }

    /// <summary>One object at the vendor, with what is needed to manage it.</summary>
    ProviderTarget Target { get; }

    /// <summary>The credential that consumers run before anything is issued: accepted, and used before.</summary>
    SecretText Current { get; }

    /// <summary>A value in the form that consumers read, which nobody was ever given.</summary>
    SecretText NeverGiven => new(ContractRun.Nobodys);

    /// <summary>The one clock of vendor and provider.</summary>
    DateTimeOffset Now { get; }

    /// <summary>Lets time pass for vendor and provider alike.</summary>
    void Pass(TimeSpan time);

    /// <summary>The vendor's truth about a value at this moment, found without using it.</summary>
    bool Accepts(SecretText value);

    /// <summary>Loses a part of the very next call to the vendor, whatever call that is.</summary>
    void LoseNext(LostPart part);

    /// <summary>The vendor throttles the very next call. False: it cannot be made to.</summary>
    bool ThrottleNext();

    /// <summary>Fills what the vendor allows to live at once. False: it cannot be filled beside <see cref="IProviderBench.Current"/>.</summary>
    bool FillQuota();

    /// <summary>Somebody else makes a credential on the same target. Null: nobody else can.</summary>
    SecretText? AddStranger();

    /// <summary>People at the vendor do whatever waits for them; where no call told them of it, they end the oldest credential of several. False: nothing waited.</summary>
    bool DoErrands();

    /// <summary>A person makes a credential at the vendor, which is handed in (<see cref="ProviderTraits.HandedIn"/>). Null: only a call makes one.</summary>
    SecretText? HandOver() => null;
}
