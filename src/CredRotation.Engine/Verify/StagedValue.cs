namespace CredRotation.Engine.Verify;

/// <summary>The staged value, by exact version and keyed fingerprint, never "latest" (rule 7). In the visit that issued it, the value in memory.</summary>
internal static class StagedValue
{
    public static async Task<SecretText> ReadAsync(Visit visit, Remotes remotes, ICredentialVault vault, InstallationKey key, string rule, CancellationToken cancellationToken)
    {
        var issued = visit.Rotation.New ?? throw new System.Diagnostics.UnreachableException("Nothing is staged.");
        if (visit.IssuedValue is { } value) return value;

        var staging = SecretName.Of(key.Staging, visit.Rotation.Attempts[^1].Ticket.Marker);
        var staged = await remotes.ReadAsync(visit, "vault", "read staged version", rule, (callId, token) => vault.ReadVersionAsync(staging, issued.StagedVersion, callId, token), cancellationToken);
        remotes.Heard(visit, staged.RemoteDate);
        if (await key.FingerprintAsync(staged.Value, cancellationToken) != issued.Fingerprint)
            throw new RemoteTroubleException("vault", RemoteTrouble.BadRequest, $"The staged version {issued.StagedVersion} does not hold what was issued: its fingerprint differs. Consumers have not seen it.");
        return visit.IssuedValue = staged.Value;
    }
}
