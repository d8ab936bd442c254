using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredRotation.EmbeddedHost;
using CredRotation.EmbeddedHost.Trust;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using CredRotation.Engine.Bindings;
using CredRotation.Engine.Detect.Findings;
using CredRotation.Engine.Detect.Inventory;
using CredRotation.Engine.Registry;
using CredRotation.Tests.Pages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CredRotation.Tests.Functions;

/// <summary>The embedded head on a loopback port with the sandbox's sign-in, over a registry, directory and queue that tests look into.</summary>
public sealed class HeadsWorld : IAsyncLifetime
{
    public const string Owner = "a0000000-0000-0000-0000-000000000001";
    public const string OtherOwner = "a0000000-0000-0000-0000-000000000002";
    public const string OperatorId = "a0000000-0000-0000-0000-000000000003";
    public const string AuditorId = "a0000000-0000-0000-0000-000000000004";
    public const string Starter = "a0000000-0000-0000-0000-000000000005";
    public const string CheckoutPrincipal = "c0000000-0000-0000-0000-000000000001";
    public const string OtherPrincipal = "c0000000-0000-0000-0000-000000000002";

    /// <summary>The only vault that is watched: with the sandbox's sign-in nothing but this machine may be.</summary>
    public const string WatchedVault = "https://127.0.0.1:4/";

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(SandboxToken.KeyBytes);
    private readonly string _folder = Directory.CreateTempSubdirectory("credrotation-heads-").FullName;
    private EmbeddedApp? _app;
    private HttpClient? _http;

    public FakeQueue Queue { get; } = new();

    public FakeRegistry Registry { get; }

    public FakeDirectory People { get; } = new();

    public ConcurrentQueue<Notice> Told { get; } = new();

    public HeadsWorld() => Registry = new FakeRegistry(Queue);

    public EmbeddedApp App => _app!;

    public HttpClient Http => _http!;

    /// <summary>The open rotation that waits for approval.</summary>
    public Rotation Rotation { get; private set; } = null!;

    public CredentialRow Row { get; private set; } = null!;

    /// <summary>Another owner's credential without an open rotation.</summary>
    public CredentialRow OtherRow { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var row = SampleRotations.Row(SampleRotations.Secret, SampleRotations.OwnerGroup);
        Row = row with { Pending = BindingChange.Of(row, row.Binding with { OwnerGroup = SampleRotations.OtherGroup }, SampleRotations.Now) };
        OtherRow = SampleRotations.Row(SecretName.Of(new Uri("https://payments.vault.azure.net/"), "other-key"), SampleRotations.OtherGroup, isOpen: false);
        Rotation = SampleRotations.Held(SampleRotations.Of(Row, startedBy: Starter));
        Registry.Put(Row, Rotation);
        Registry.Put(OtherRow, SampleRotations.Of(OtherRow, RotationState.Retired));
        People.Groups[SampleRotations.OwnerGroup] = [Owner, Starter];
        People.Groups[SampleRotations.OtherGroup] = [OtherOwner, AuditorId[..^1] + "9"];

        _app = await StartAsync(_key, new Dictionary<string, string>(), TestContext.Current.CancellationToken);
        _http = NewClient(_app);
    }

    public Task<EmbeddedApp> StartAsync(byte[] key, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
        => StartAsync(key, settings, new FakeVault(), cancellationToken);

    /// <summary>A further head with this sign-in, over the same registry, and over vaults that can be written.</summary>
    public Task<EmbeddedApp> StartAsync(ICredentialVault vault, CancellationToken cancellationToken)
        => StartAsync(_key, new Dictionary<string, string>(), vault, cancellationToken);

    private async Task<EmbeddedApp> StartAsync(byte[] key, IReadOnlyDictionary<string, string> settings, ICredentialVault vault, CancellationToken cancellationToken)
    {
        var all = Settings(key, Path.Combine(_folder, $"{Convert.ToHexString(RandomNumberGenerator.GetBytes(4))}.db"));
        foreach (var (name, value) in settings) all[name] = value;
        return await EmbeddedApp.StartAsync(
            all,
            services =>
            {
                services.Replace(ServiceDescriptor.Singleton<ICredentialRegistry>(Registry));
                services.Replace(ServiceDescriptor.Singleton<IOwnerDirectory>(People));
                services.Replace(ServiceDescriptor.Singleton<IWorkQueue>(Queue));
                services.Replace(ServiceDescriptor.Singleton<INotifier>(new FakeNotifier(Told)));
                services.Replace(ServiceDescriptor.Singleton(vault));
                services.Replace(ServiceDescriptor.Singleton<IVaultInventory>(new FakeVault()));
            },
            cancellationToken);
    }

    public static Dictionary<string, string> Settings(byte[] key, string database) => new()
    {
        ["Sandbox__Enabled"] = "true",
        ["Sandbox__TokenKey"] = Convert.ToBase64String(key),
        ["Sandbox__CertificateThumbprint"] = new string('0', 64),
        ["Graph__BaseUrl"] = "https://127.0.0.1:1/v1.0",
        ["Storage__SqlitePath"] = database,
        ["Rotation__Mode"] = "Rotate",
        ["Rotation__StagingVault"] = "https://127.0.0.1:2/",
        ["Rotation__Vaults__0"] = WatchedVault,
        ["Rotation__Consumers__checkout__Hook"] = "http://127.0.0.1:3/",
        ["Rotation__Consumers__checkout__Audience"] = "api://checkout",
        ["Rotation__Consumers__checkout__Principal"] = CheckoutPrincipal,
        ["Rotation__Consumers__other__Hook"] = "http://127.0.0.1:3/",
        ["Rotation__Consumers__other__Audience"] = "api://other",
        ["Rotation__Consumers__other__Principal"] = OtherPrincipal,
    };

    public static HttpClient NewClient(EmbeddedApp app)
    {
        ArgumentNullException.ThrowIfNull(app);
#pragma warning disable RS0030 // A test's own client to its own server; there is no factory to ask.
        return new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = app.BaseUri };
#pragma warning restore RS0030
    }

    public string Token(string objectId, params string[] roles)
        => SandboxToken.Issue(new SandboxClaims(objectId, $"Person {objectId[^1]}", roles, null), SandboxToken.RotatorAudience, _key, TimeSpan.FromMinutes(5), TimeProvider.System);

    public async Task<HttpResponseMessage> SendAsync(string? token, HttpMethod method, string path, HttpContent? body = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        change?.Invoke(request);
        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public static StringContent Json(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    public Dictionary<string, string> Decision(string? choice = null)
    {
        var body = new Dictionary<string, string> { ["planHash"] = Rotation.PlanHash, ["expectedState"] = Rotation.State.ToString() };
        if (choice is not null) body["choice"] = choice;
        return body;
    }

    /// <summary>What an instance says of itself, and more.</summary>
    public Dictionary<string, string> Heartbeat(params IEnumerable<(string Name, string Value)> more) => new([.. more.Select(one => new KeyValuePair<string, string>(one.Name, one.Value)),
        new("vault", Row.Secret.VaultUri.AbsoluteUri), new("secret", Row.Secret.Name), new("version", "4d1c0b9a8f7e6d5c4b3a291807f6e5d4"), new("instance", "checkout-1")]);

    public Dictionary<string, string> Acknowledgement() => new()
    {
        ["rotation"] = Rotation.Id.Value,
        ["vault"] = Row.Secret.VaultUri.AbsoluteUri,
        ["secret"] = Row.Secret.Name,
        ["version"] = "4d1c0b9a8f7e6d5c4b3a291807f6e5d4",
        ["instance"] = "checkout-1",
        ["firstSuccessOn"] = "2026-11-22T09:00:00Z",
    };

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Hands out what a test put in and remembers what it was told.</summary>
public sealed class FakeRegistry(IWorkQueue queue) : ICredentialRegistry
{
    private readonly ConcurrentDictionary<CredentialId, (CredentialRow Row, Rotation Rotation)> _rows = new();

    public ConcurrentQueue<(CredentialId Credential, InboxItem Item)> Told { get; } = new();

    public void Put(CredentialRow row, Rotation rotation) => _rows[row.Id] = (row, rotation);

    public Task<CredentialRow?> FindAsync(CredentialId credential, CancellationToken cancellationToken)
        => Task.FromResult(_rows.TryGetValue(credential, out var found) ? found.Row : null);

    public async IAsyncEnumerable<CredentialRow> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var found in _rows.Values) yield return await Task.FromResult(found.Row);
    }

    public IAsyncEnumerable<ObjectFinding> ListFindingsAsync(CancellationToken cancellationToken)
        => new[]
        {
            new ObjectFinding
            {
                About = WatchedName.Of(SampleRotations.Secret),
                Finding = new Finding("tag-account-unknown", "Tag names no account.", "Name one.", SampleRotations.Now),
                IsOfSweep = true,
                LastSeenOn = SampleRotations.Now,
            },
        }.ToAsyncEnumerable();

    public Task NoteFindingAsync(WatchedName about, Finding finding, int times, CancellationToken cancellationToken) => Task.CompletedTask;

    public IAsyncEnumerable<VaultObject> ListObjectsAsync(CancellationToken cancellationToken)
        => new[] { new VaultObject(VaultObjectKind.Key, "payments.vault.azure.net", "only-watched-key", true, null, null, null, new Dictionary<string, string>(), IsManaged: false) }.ToAsyncEnumerable();

    public Task<Rotation?> FindRotationAsync(CredentialId credential, int ordinal, CancellationToken cancellationToken)
        => Task.FromResult(_rows.TryGetValue(credential, out var found) && found.Rotation.Ordinal == ordinal ? found.Rotation : null);

    /// <summary>The id of a rotation whose row a newer version wrote.</summary>
    public static RotationId OfANewerVersion { get; } = RotationId.TryParse("newernewernewernewer", out var id) ? id : throw new InvalidOperationException("That is no id.");

    public Task<(CredentialRow Credential, Rotation Rotation)?> FindRotationAsync(RotationId rotation, CancellationToken cancellationToken)
        => rotation == OfANewerVersion ? throw new NewerFormatException("Rotation 1 of a credential", 2, 1, "Others go on.") : Task.FromResult(_rows.Values.Where(found => found.Rotation.Id == rotation).Select(found => ((CredentialRow, Rotation)?)found).FirstOrDefault());

    public async IAsyncEnumerable<(LedgerEntry Entry, string Hash)> ReadLedgerAsync(CredentialId credential, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var line in SampleRotations.Ledger(_rows[credential].Rotation, "Detected", "Authorized")) yield return await Task.FromResult((line.Entry, line.Hash));
    }

    public IAsyncEnumerable<string> ReadChainAsync(CredentialId credential, CancellationToken cancellationToken)
        => SampleRotations.Ledger(_rows[credential].Rotation, "Detected", "Authorized").Select(line => EngineJson.Write(line.Entry)).ToAsyncEnumerable();

    public Task TellAsync(CredentialId credential, InboxItem item, CancellationToken cancellationToken)
    {
        Told.Enqueue((credential, item));
        return queue.SendAsync(credential, TimeSpan.Zero, cancellationToken);
    }
}

/// <summary>Knows the groups a test made, and can fall silent.</summary>
public sealed class FakeDirectory : IOwnerDirectory
{
    public ConcurrentDictionary<string, string[]> Groups { get; } = new();

    public Task<OwnerReading> ReadAsync(string groupId, CancellationToken cancellationToken)
        => Task.FromResult(Groups.TryGetValue(groupId, out var people)
            ? new OwnerReading(groupId, groupId, OwnerState.Healthy, [.. people.Select(person => new OwnerPerson(person, person, null))], SampleRotations.Now)
            : new OwnerReading(groupId, null, OwnerState.Unavailable, [], SampleRotations.Now));
}

/// <summary>Lists one version of every secret of the watched vault, is down for any other, and refuses everything else: the calls that reach it here only look.</summary>
public sealed class FakeVault : ICredentialVault, IVaultInventory
{
    public Task<IReadOnlyList<SecretProperties>> ListVersionsAsync(SecretName secret, string callId, CancellationToken cancellationToken)
        => secret.VaultUri.AbsoluteUri != HeadsWorld.WatchedVault
            ? throw new RemoteTroubleException("vault", RemoteTrouble.Unknown, "The vault could not be reached.")
            : Task.FromResult<IReadOnlyList<SecretProperties>>([new SecretProperties(secret, "0f9e8d7c6b5a49382716050403020100", true, SampleRotations.Now.AddDays(20), SampleRotations.Now.AddDays(-70), null, null, new Dictionary<string, string>())]);

    public IAsyncEnumerable<VaultObject> ListAsync(Uri vault, VaultObjectKind kind, CancellationToken cancellationToken) => AsyncEnumerable.Empty<VaultObject>();

    public Task<VaultSecret> ReadCurrentAsync(SecretName secret, string callId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<VaultSecret> ReadVersionAsync(SecretName secret, string version, string callId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ConfirmWritableAsync(SecretProperties current, string callId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RetagAsync(SecretProperties current, IReadOnlyDictionary<string, string> tags, DateTimeOffset? expiresOn, string callId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string> WriteAsync(SecretName secret, VaultWrite write, string callId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DiscardAsync(SecretName secret, string callId, CancellationToken cancellationToken) => throw new NotSupportedException();
}

/// <summary>Remembers who was woken.</summary>
public sealed class FakeQueue : IWorkQueue
{
    public ConcurrentQueue<CredentialId> Sent { get; } = new();

    public Task SendAsync(CredentialId credential, TimeSpan delay, CancellationToken cancellationToken)
    {
        Sent.Enqueue(credential);
        return Task.CompletedTask;
    }
}

/// <summary>Keeps what people would have been told.</summary>
public sealed class FakeNotifier(ConcurrentQueue<Notice> told) : INotifier
{
    public Task NotifyAsync(Notice notice, CancellationToken cancellationToken)
    {
        told.Enqueue(notice);
        return Task.CompletedTask;
    }
}
