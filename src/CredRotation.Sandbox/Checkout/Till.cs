using System.Net;
using CredRotation.Client;

namespace CredRotation.Sandbox.Checkout;

/// <summary>How the payments went. A payment that got anything but a 200 in the end has failed.</summary>
public sealed record CheckoutStats(long Attempted, long Failed, string Version, int Starts);

/// <summary>Takes payments with a few workers at a steady pace.</summary>
/// <param name="pace">From one payment of a worker to its next.</param>
public sealed class Till(Uri payments, HttpClient http, ReloadingCredential credential, FollowingClock clock, TimeSpan pace)
{
    private const int Workers = 4;
    private long _attempted;
    private long _failed;
    private long _orders;

    public CheckoutStats Stats => new(Interlocked.Read(ref _attempted), Interlocked.Read(ref _failed), credential.Version, 1);

    /// <summary>Runs until cancelled; a payment that was begun is ended.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => WorkAsync(cancellationToken)));

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(pace);
            while (await timer.WaitForNextTickAsync(cancellationToken)) await TakeAsync();
        }
        catch (OperationCanceledException)
        {
            // The shop closes.
        }
    }

    private async Task TakeAsync()
    {
        using var lease = credential.Acquire();
        var reference = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"order-{Interlocked.Increment(ref _orders)}");
        var isPaid = await PayAsync(lease, reference);
        if (isPaid is false && lease.Refused() is { } other)
        {
            using (other) isPaid = await PayAsync(other, reference);
        }

        Interlocked.Increment(ref _attempted);
        if (isPaid is not true) Interlocked.Increment(ref _failed);
    }

    // True: paid. False: the key was refused. Null: anything else went wrong.
    private async Task<bool?> PayAsync(CredentialLease lease, string reference)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, payments) { Headers = { { "X-API-Key", lease.RevealToRemote() }, { "Idempotency-Key", reference } } };
            using var response = await http.SendAsync(request);
            clock.Follow(response.Headers.Date);
            if (response.StatusCode is HttpStatusCode.Unauthorized) return false;
            if (response.StatusCode is not HttpStatusCode.OK) return null;
            lease.Succeeded();
            return true;
        }
        catch (Exception trouble) when (trouble is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }
}
