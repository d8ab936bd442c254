namespace CredRotation.Engine;

/// <summary>
/// A secret value on its way from one remote to another. It prints as ***, has no member a serializer could read, and the
/// engine only carries it: adapters and providers reveal it where they put it on the wire.
/// </summary>
public sealed class SecretText
{
    private readonly string _value;

    public SecretText(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        _value = value;
    }

    /// <summary>Hands out the value. Only for the line that writes it into a remote call or a keyed hash.</summary>
    public string RevealToRemote() => _value;

    public override string ToString() => "***";
}
