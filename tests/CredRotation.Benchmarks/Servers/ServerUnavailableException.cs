namespace CredRotation.Benchmarks.Servers;

/// <summary>A real server cannot run on this machine, and why. Where everything is required that is a failure, elsewhere a skip.</summary>
public sealed class ServerUnavailableException(string because) : Exception(because);
