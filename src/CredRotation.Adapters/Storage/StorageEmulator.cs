namespace CredRotation.Adapters.Storage;

/// <summary>
/// The storage emulator on this machine. It knows no managed identity; its account and key are published with it and open nothing but it,
/// which is why they are only ever sent to loopback.
/// </summary>
internal static class StorageEmulator
{
    public const string Account = "devstoreaccount1";

    /// <summary>Published in the emulator's documentation; the same for everybody, so no secret.</summary>
    public const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>A container of it.</summary>
    public static bool Holds(Uri container)
        => container is { IsAbsoluteUri: true, IsLoopback: true, Scheme: "http" } && container.AbsolutePath.StartsWith($"/{Account}/", StringComparison.Ordinal);

    public static bool Is(Uri endpoint)
        => endpoint is { IsAbsoluteUri: true, IsLoopback: true, Scheme: "http" } && endpoint.AbsolutePath.Trim('/') == Account;
}
