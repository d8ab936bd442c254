using System.Globalization;

namespace CredRotation.Functions.Settings;

/// <summary>The app did not start because of its settings; says everything that must be corrected, not only the first.</summary>
public sealed class SettingsRefusedException(IReadOnlyList<string> faults) : Exception(Text(faults))
{
    public IReadOnlyList<string> Faults { get; } = faults;

    private static string Text(IReadOnlyList<string> faults) => string.Join(
        '\n',
        [
            $"CredRotation did not start: {(faults.Count == 1 ? "one setting needs" : string.Create(CultureInfo.InvariantCulture, $"{faults.Count} settings need"))} correction. Nothing was changed, and every credential in use keeps working. As an app setting or environment variable, ':' is written '__'.",
            .. faults.Select((fault, index) => string.Create(CultureInfo.InvariantCulture, $"  {index + 1}. {fault}")),
        ]);
}
