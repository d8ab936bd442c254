using CredRotation.Benchmarks.Servers;

[assembly: AssemblyFixture(typeof(CredRotation.Tests.Servers.AzuriteServer))]

namespace CredRotation.Tests.Servers;

/// <summary>One storage emulator for the whole run, started by the first test that needs it; each test uses names of its own.</summary>
public sealed class AzuriteServer : IAsyncDisposable
{
    private readonly Lazy<Task<Azurite>> _running = new(() => Azurite.StartAsync(CancellationToken.None));

    /// <summary>Skips the test with the reason where the emulator cannot run, unless everything is required.</summary>
    public async Task<Azurite> RunAsync()
    {
        try
        {
            return await _running.Value;
        }
        catch (ServerUnavailableException because) when (Environment.GetEnvironmentVariable("CREDROTATION_REQUIRE_ALL") != "1")
        {
            Assert.Skip(because.Message);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_running.IsValueCreated && _running.Value.IsCompletedSuccessfully) await (await _running.Value).DisposeAsync();
    }
}
