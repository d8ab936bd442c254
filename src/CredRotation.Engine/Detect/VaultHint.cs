namespace CredRotation.Engine.Detect;

/// <summary>What somebody outside said about a secret of a vault. Nothing of it is believed: it says where to look.</summary>
/// <param name="Version">The version it is about; null when it names none.</param>
/// <param name="ExpiresOn">The end it says that version has.</param>
/// <param name="IsNewVersion">It says that the version was just written.</param>
/// <param name="Source">Who said it, in one line for logs and plans.</param>
public sealed record VaultHint(SecretName Secret, string? Version, DateTimeOffset? ExpiresOn, bool IsNewVersion, string Source);

/// <summary>What became of a hint.</summary>
public enum HintOutcome
{
    /// <summary>The credential is managed, and a visit asks whether it is due.</summary>
    Woken,

    /// <summary>The secret is not managed and does not ask to be.</summary>
    Unmanaged,

    /// <summary>The secret is in a vault that nobody told us to watch.</summary>
    ForeignVault,

    /// <summary>It tells of a version that we know already, such as the one we promoted ourselves.</summary>
    KnownVersion,

    /// <summary>It is about a version that a newer one has replaced.</summary>
    OldVersion,

    /// <summary>The vault holds no such secret any more.</summary>
    Gone,
}
