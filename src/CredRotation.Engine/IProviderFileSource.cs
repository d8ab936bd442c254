namespace CredRotation.Engine;

/// <summary>The text of a file that describes a provider.</summary>
/// <param name="Name">Tells people where it came from.</param>
public sealed record ProviderFileText(string Name, string Text);

/// <summary>Provider files of whoever runs the app, beside those that ship with it.</summary>
public interface IProviderFileSource
{
    /// <summary>All of them, read once, when the app starts. Throws <see cref="RemoteTroubleException"/> when they cannot be read whole: one that is missing would let its accounts fail one by one.</summary>
    IReadOnlyList<ProviderFileText> Read();
}
