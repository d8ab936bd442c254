using System.Globalization;
using System.Text.Json;

namespace CredRotation.Sandbox.Checkout;

/// <summary>The checkout app as a child process, seen from the sandbox: how often it was started, and how its payments go.</summary>
/// <param name="settings">What an instance of this name is started with.</param>
public sealed class CheckoutProcess(Func<string, IReadOnlyDictionary<string, string>> settings, HttpClient http) : IAsyncDisposable
{
    private ChildProcess? _child;
    private Uri? _address;

    public int Starts { get; private set; }

    /// <summary>Where it hears signals; the same after a restart.</summary>
    public Uri Hook => new(_address ?? throw new InvalidOperationException("The checkout app was not started."), CheckoutApp.HookPath);

    /// <summary>Everything it wrote since it was started last.</summary>
    public IReadOnlyList<string> Output => _child?.Output ?? [];

    /// <summary>Starts it, again if need be, and waits until it takes payments.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_child is not null) await _child.DisposeAsync();
        Starts++;
        var environment = new Dictionary<string, string>(settings(string.Create(CultureInfo.InvariantCulture, $"checkout-{Starts}")))
        {
            [$"{CheckoutSettings.Section}__{nameof(CheckoutSettings.Port)}"] = (_address?.Port ?? 0).ToString(CultureInfo.InvariantCulture),
        };
        var (child, line) = await ChildProcess.StartAsync(typeof(CheckoutApp).Assembly.Location, ["checkout"], environment, line => line.StartsWith('{'), cancellationToken);
        _child = child;
        using var ready = JsonDocument.Parse(line);
        _address = new Uri(ready.RootElement.GetProperty("address").GetString()!);
    }

    /// <summary>Its own count, of this start.</summary>
    public async Task<CheckoutStats> StatsAsync(CancellationToken cancellationToken)
    {
        var counted = await http.GetFromJsonAsync<CheckoutStats>(new Uri(Hook, "/stats"), cancellationToken) ?? throw new InvalidOperationException("The checkout app answered no stats.");
        return counted with { Starts = Starts };
    }

    public ValueTask DisposeAsync() => _child?.DisposeAsync() ?? ValueTask.CompletedTask;
}
