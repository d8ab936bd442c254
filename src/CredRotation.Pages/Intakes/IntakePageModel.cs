using System.Text.RegularExpressions;
using CredRotation.Engine;
using CredRotation.Engine.Intake;

namespace CredRotation.Pages.Intakes;

/// <summary>What the intake page shows: what to do at the provider, and a form that only takes.</summary>
/// <param name="Rotation">Waits for a credential to be handed in.</param>
public sealed partial record IntakePageModel(Rotation Rotation, IntakeForm Form, string Person, DateTimeOffset Now)
{
    /// <summary>What came before the first step: why it waits, and what was wrong with what was handed in before.</summary>
    public string Before => Parts[0];

    /// <summary>What a person does at the provider.</summary>
    public IReadOnlyList<string> Steps => [.. Parts.Skip(1)];

    // Steps are numbered in the provider's words, which are one line.
    private string[] Parts => StepNumber().Split(Rotation.Hold?.Detail ?? "");

    [GeneratedRegex(@"\s*\b\d{1,2}\. ", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StepNumber();
}
