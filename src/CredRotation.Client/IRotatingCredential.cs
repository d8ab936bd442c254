using Microsoft.Extensions.Primitives;

namespace CredRotation.Client;

/// <summary>A credential that changes while the app runs. Ask for a lease for each call, and say how the call went.</summary>
public interface IRotatingCredential
{
    /// <summary>The version that new calls get.</summary>
    /// <exception cref="InvalidOperationException">Nothing was read yet: the host has not started.</exception>
    string Version { get; }

    /// <summary>The version before, kept as a way back until the current one has worked once; null when there is none.</summary>
    string? PreviousVersion { get; }

    /// <summary>The current version for one call.</summary>
    /// <exception cref="InvalidOperationException">Nothing was read yet: the host has not started.</exception>
    CredentialLease Acquire();

    /// <summary>The version before for one call, for remotes that are given both; null when there is none.</summary>
    CredentialLease? AcquirePrevious();

    /// <summary>Fires once, when another version has become current.</summary>
    IChangeToken GetReloadToken();
}
