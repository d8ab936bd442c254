using CredRotation.Benchmarks.Servers;

namespace CredRotation.Tests.Servers;

/// <summary>Skips a test with the reason where its server cannot run, unless everything is required.</summary>
internal static class RealServers
{
    public static async Task<T> OrSkipAsync<T>(Func<Task<T>> start)
    {
        try
        {
            return await start();
        }
        catch (ServerUnavailableException because) when (Environment.GetEnvironmentVariable("CREDROTATION_REQUIRE_ALL") != "1")
        {
            Assert.Skip(because.Message);
            throw;
        }
    }
}
