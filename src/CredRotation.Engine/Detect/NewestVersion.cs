namespace CredRotation.Engine.Detect;

/// <summary>The newest version of a secret, for who only asks whether there is one.</summary>
internal static class NewestVersion
{
    /// <summary>Null: no such secret, or it is deleted. Throws <see cref="RemoteTroubleException"/> when the vault does not answer.</summary>
    public static async Task<SecretProperties?> FindNewestAsync(this ICredentialVault vault, SecretName secret, string callId, CancellationToken cancellationToken)
    {
        try
        {
            return await vault.ListVersionsAsync(secret, callId, cancellationToken) is [.., var newest] ? newest : null;
        }
        catch (RemoteTroubleException trouble) when (trouble.Trouble is RemoteTrouble.NotFound or RemoteTrouble.Deleted)
        {
            return null;
        }
    }
}
