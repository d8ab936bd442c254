using CredRotation.Engine;
using CredRotation.Engine.Detect;
using CredRotation.Engine.Ladder;
using CredRotation.Sandbox.Replay;
using CredRotation.Sandbox.World;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Shots;

/// <summary>A stage whose time stops at each moment worth a picture.</summary>
internal sealed class ShotsDay(Stage stage) : IAsyncDisposable
{
    private const string Owner = "owner-1";
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(400);

    /// <summary>A shop in another process reloads at real speed: the clock waits for its proof before it runs ahead.</summary>
    private static readonly TimeSpan s_reloadPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private bool _isShopLost;

    public Uri Credentials => new(stage.App.BaseUri, "api/pages/credentials");

    /// <summary>One of the pages that need no id.</summary>
    public Uri PageNamed(string name) => new(stage.App.BaseUri, $"api/pages/{name}");

    public Uri CredentialOf(Rotation rotation) => new(stage.App.BaseUri, $"api/pages/credential/{rotation.Plan.Credential.Value}");

    /// <summary>The daily look at owners, and reminders where they are due.</summary>
    public Task RemindAsync(CancellationToken cancellationToken) => stage.App.Services.GetRequiredService<LadderClimber>().RunAsync(cancellationToken);

    public Uri Setup => new(stage.App.BaseUri, "api/pages/setup");

    public Uri Adopt => new(stage.App.BaseUri, "api/pages/adopt");

    public Uri Inbox => stage.World.InboxUri;

    /// <summary>The cards that people got, oldest first.</summary>
    public IReadOnlyList<string> Cards => [.. stage.World.Inbox.Messages.Select(message => message.Body)];

    public static async Task<ShotsDay> StartAsync(CancellationToken cancellationToken)
    {
        var stage = await Stage.SetAsync(new SandboxOptions(), TimeSpan.Zero, TextWriter.Null, cancellationToken);
        await stage.App.Services.GetRequiredService<CredentialSweep>().RunAsync(cancellationToken);
        return new ShotsDay(stage);
    }

    public Uri PageOf(Rotation rotation) => new(stage.App.BaseUri, $"api/pages/rotation/{rotation.Id.Value}");

    public Uri RehearsalOf(Rotation rotation) => new(stage.App.BaseUri, $"api/pages/rehearsal/{rotation.Plan.Credential.Value}");

    /// <summary>What the adoption page is asked with: another end for what is there.</summary>
    public static IReadOnlyDictionary<string, string> Adoption(Rotation rotation)
    {
        var (binding, secret) = (rotation.Plan.Binding, rotation.Plan.Secret);
        return new Dictionary<string, string>
        {
            ["vault"] = secret.VaultUri.AbsoluteUri,
            ["secret"] = secret.Name,
            ["account"] = binding.Account,
            ["target"] = binding.Target,
            ["owner"] = binding.OwnerGroup,
            ["policy"] = binding.Policy,
            ["consumers"] = string.Join(",", binding.Consumers),
            ["expiresOn"] = EngineTime.Text(rotation.NewExpiresOn!.Value.AddDays(1)),
        };
    }

    /// <summary>An address that signs an owner in and goes on to a page.</summary>
    public Uri SignedIn(Uri page) => SignedIn(page, Owner);

    public Uri SignedIn(Uri page, string person) => new(stage.App.BaseUri, $".auth/sandbox?token={Uri.EscapeDataString(stage.World.TokenFor(person))}&to={page.AbsolutePath}");

    /// <summary>Lets time pass, from wake to wake, until the n-th rotation is as wanted and nothing is in flight.</summary>
    public async Task<Rotation> UntilAsync(int ordinal, Func<Rotation, bool> isWanted, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var quietSince = started;
        while (TimeProvider.System.GetElapsedTime(started) < s_patience)
        {
            var rotation = await stage.Registry.FindRotationAsync(stage.Credential, ordinal, cancellationToken);
            var row = await stage.Registry.FindAsync(stage.Credential, cancellationToken);
            if (!stage.IsQuiet() || row?.Claim is not null) quietSince = TimeProvider.System.GetTimestamp();
            else if (rotation is not null && isWanted(rotation)) return rotation;
            else if (TimeProvider.System.GetElapsedTime(quietSince) > (rotation?.State is RotationState.Promoted && !_isShopLost ? s_reloadPatience : s_quiet))
            {
                await stage.JumpAsync(await stage.NextAsync(row, cancellationToken), cancellationToken);
                quietSince = TimeProvider.System.GetTimestamp();
            }

            await Stage.WaitAsync(cancellationToken);
        }

        throw new InvalidOperationException($"Rotation {ordinal} did not come to the wanted moment in {s_patience.TotalMinutes} minutes.");
    }

    public Task JumpAsync(DateTimeOffset moment, CancellationToken cancellationToken) => stage.JumpAsync(moment, cancellationToken);

    public Task ApproveAsync(Rotation rotation, CancellationToken cancellationToken)
        => stage.PostAsync(Owner, $"api/rotations/{rotation.Id}/approve", new { planHash = rotation.PlanHash, expectedState = rotation.State.ToString() }, cancellationToken);

    /// <summary>With the next write of the payment secret the shop is gone.</summary>
    public void LoseShopAtPromotion()
        => stage.World.Faults.Hook = async (operation, point) =>
        {
            if (point is not FaultPoint.After || operation != $"vault.write@{SandboxNames.PaymentsVault}") return;
            _isShopLost = true;
            await stage.World.Checkout.DisposeAsync();
        };

    public ValueTask DisposeAsync() => stage.DisposeAsync();
}
