using System.Net;
using System.Text;
using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Providers.Http.Document;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Providers;

/// <summary>The registered providers over a wire that answers as told and remembers what was sent.</summary>
internal sealed class ProviderWorld : IDisposable
{
    public const string ManagementKey = "canary-management-7f3a";
    public const string OldKey = "canary-old-19cc";
    public const string NewKey = "canary-new-51be";
    public const string Target = "S2-6262224667";

    private readonly ServiceProvider _services;

    public ProviderWorld(params string[] files)
    {
        var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(Clock)
            .AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions { EffectTimeout = TimeSpan.FromSeconds(30), RetryDelay = TimeSpan.FromSeconds(7) }))
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs))
            .AddProviders();
        foreach (var (file, at) in files.Select((file, at) => (file, at))) services.AddSingleton(new ProviderFile($"vendor{at}.json", file));
        services.AddHttpClient("providers").ConfigurePrimaryHttpMessageHandler(() => Wire);
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public Wire Wire { get; } = new();

    public LogLines Logs { get; } = new();

    public IProviderCatalog Catalog => _services.GetRequiredService<IProviderCatalog>();

    /// <summary>Adyen with a new credential for each rotation.</summary>
    public ICredentialProvider Credentials => Catalog.Find("adyen-merchant-credential")!;

    public ICredentialProvider Adyen => Catalog.Find("adyen-merchant-api-key")!;

    public static IssueTicket Ticket { get; } = new(
        RotationId.TryParse("abcdefghijklmnopqrst", out var id) ? id : default, 2, "token-1", "rot-abc123-x-2", new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero));

    public static ProviderTarget At(string target = Target, params (string Name, string Value)[] parameters)
    {
        var all = new Dictionary<string, string> { ["baseUrl"] = "https://management-test.adyen.com/v3", ["merchantId"] = "Acme-EU" };
        foreach (var (name, value) in parameters) all[name] = value;
        return new ProviderTarget("acme", target, all, new Dictionary<string, SecretText> { ["management"] = new(ManagementKey) });
    }

    public Task<IssueOutcome> IssueAsync(ProviderTarget? target = null)
        => Adyen.IssueAsync(target ?? At(), Ticket, TestContext.Current.CancellationToken);

    public Task<ProbeOutcome> VerifyAsync()
        => Adyen.VerifyAsync(At(), new Candidate(null, new SecretText(NewKey)), TestContext.Current.CancellationToken);

    public Task<TargetOutcome> CheckTargetAsync() => Adyen.CheckTargetAsync(At(), TestContext.Current.CancellationToken);

    public void Dispose() => _services.Dispose();
}

/// <summary>A remote that gives one answer, or does something worse.</summary>
internal sealed class Wire : HttpMessageHandler
{
    public List<SentRequest> Sent { get; } = [];

    public Func<CancellationToken, Task<HttpResponseMessage>> Answer { get; set; } = _ => throw new InvalidOperationException("Nothing was to be sent.");

    public SentRequest Only => Assert.Single(Sent);

    public void Answers(int status, string body = "", Action<HttpResponseMessage>? with = null)
        => Answer = _ =>
        {
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            with?.Invoke(response);
            return Task.FromResult(response);
        };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // As the real handler does before it writes the headers.
        _ = request.Content?.Headers.ContentLength;
        var headers = request.Headers.Concat(request.Content?.Headers.AsEnumerable() ?? [])
            .ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase);
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        Sent.Add(new SentRequest(request.Method.Method, request.RequestUri!.AbsoluteUri, headers, body));
        return await Answer(cancellationToken);
    }
}

/// <summary>One request as it would go over the wire.</summary>
internal sealed record SentRequest(string Method, string Address, IReadOnlyDictionary<string, string> Headers, string? Body);

/// <summary>Every line that anybody logged, exceptions and scopes included.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    public List<string> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Lines.Add(state.ToString()!);
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => Lines.Add($"{formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
