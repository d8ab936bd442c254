using Azure.Core;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace CredRotation.Client;

/// <summary>Adds credentials that change while the app runs.</summary>
public static class RotatingCredentialRegistration
{
    /// <summary>The HTTP client that reaches CredRotation and the authority's keys.</summary>
    public const string ClientName = "CredRotation";

    /// <summary>
    /// Adds a credential by the settings in <c>CredRotation:{name}</c>: it is read before the app takes requests, looks for newer versions, hears
    /// signals, and tells CredRotation what this instance runs. Get it as <see cref="IRotatingCredential"/>, by its name as a key, or without one
    /// where it is the first. Uses the app's own <see cref="TokenCredential"/>, else <see cref="DefaultAzureCredential"/>.
    /// </summary>
    /// <exception cref="OptionsValidationException">A setting is missing or wrong; all of them are named.</exception>
    public static IHostApplicationBuilder AddRotatingCredential(this IHostApplicationBuilder builder, string name, Action<RotatingCredentialSettings>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var section = $"CredRotation:{name}";
        var settings = new RotatingCredentialSettings();
        builder.Configuration.GetSection("CredRotation").Bind(settings);
        builder.Configuration.GetSection(section).Bind(settings);
        configure?.Invoke(settings);
        if (settings.Faults(section).ToList() is { Count: > 0 } faults) throw new OptionsValidationException(section, typeof(RotatingCredentialSettings), faults);

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TokenCredential>(_ => new DefaultAzureCredential());
        services.AddHttpClient(ClientName).RemoveAllLoggers();
        services.AddKeyedSingleton(name, (provider, _) => Make(provider, settings));
        services.AddKeyedSingleton<IRotatingCredential>(name, (provider, _) => provider.GetRequiredKeyedService<ReloadingCredential>(name));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<ReloadingCredential>(name));
        services.TryAddSingleton<IRotatingCredential>(provider => provider.GetRequiredKeyedService<ReloadingCredential>(name));
        RotatingConfiguration? shown = null;
        if (settings.ConfigurationKey is { Length: > 0 } key) ((IConfigurationBuilder)builder.Configuration).Add(shown = new RotatingConfiguration(key));
        services.AddSingleton<IHostedService>(provider => new Start(provider.GetRequiredKeyedService<ReloadingCredential>(name), shown));
        if (settings.Authority is not null) services.AddSingleton<IStartupFilter>(provider => new Hooks(settings, provider.GetRequiredKeyedService<ReloadingCredential>(name), provider.GetRequiredService<IHttpClientFactory>()));
        return builder;
    }

    /// <summary>Each request of this client carries the credential's current version; see <see cref="RotatingCredentialHandler"/>.</summary>
    /// <param name="name">As it was added.</param>
    /// <param name="scheme">What stands before the value, for example <c>Bearer</c>; null: nothing.</param>
    public static IHttpClientBuilder AddRotatingCredential(this IHttpClientBuilder client, string name, string header = "Authorization", string? scheme = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.AddHttpMessageHandler(provider => new RotatingCredentialHandler(provider.GetRequiredKeyedService<IRotatingCredential>(name), header, scheme));
    }

    private static ReloadingCredential Make(IServiceProvider provider, RotatingCredentialSettings settings)
    {
        var vault = new SecretClientOptions();
        // What an app that is not on Azure adds.
        provider.GetService<Action<SecretClientOptions>>()?.Invoke(vault);
        var identity = provider.GetRequiredService<TokenCredential>();
        return new ReloadingCredential(
            new ReloadingCredentialOptions
            {
                Secret = settings.Secret,
                Rotator = settings.Rotator!,
                RotatorScope = settings.RotatorScope,
                Instance = settings.Instance is { Length: > 0 } named ? named : $"{(Environment.MachineName.Length > 80 ? Environment.MachineName[..80] : Environment.MachineName)}-{Environment.ProcessId}",
                PollInterval = settings.PollInterval,
            },
            new SecretClient(settings.Vault, identity, vault),
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(ClientName),
            identity,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ReloadingCredential>>());
    }

    /// <summary>Reads the credential before anything of the app runs that could need it.</summary>
    private sealed class Start(ReloadingCredential credential, RotatingConfiguration? shown) : IHostedLifecycleService, IDisposable
    {
        private IDisposable? _watching;

        public async Task StartingAsync(CancellationToken cancellationToken)
        {
            await credential.StartAsync(cancellationToken);
            if (shown is null) return;
            Show();
            _watching = ChangeToken.OnChange(credential.GetReloadToken, Show);
        }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        // After the server has answered its last request.
        public Task StoppedAsync(CancellationToken cancellationToken) => credential.DisposeAsync().AsTask();

        public void Dispose() => _watching?.Dispose();

        private void Show()
        {
            using var lease = credential.Acquire();
            shown!.Show(lease.RevealToRemote());
        }
    }

    /// <summary>The hooks stand before the app's own pipeline, so that neither its routes nor its authentication are touched.</summary>
    private sealed class Hooks(RotatingCredentialSettings settings, ReloadingCredential credential, IHttpClientFactory clients) : IStartupFilter
    {
        private readonly SignalCallers _callers = new(settings.Authority!, settings.Audience!, clients.CreateClient(ClientName));

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (context, following) =>
            {
                var (path, method) = (context.Request.Path, context.Request.Method);
                if (settings.RotatorPrincipal is { } rotator && path == settings.HookPath && HttpMethods.IsPost(method))
                    await CredentialReloadEndpoint.HandleAsync(context, credential, caller => _callers.IsAsync(caller, rotator));
                else if (settings.EventGridPrincipal is { Length: > 0 } events && path == settings.EventsPath && (HttpMethods.IsPost(method) || HttpMethods.IsOptions(method)))
                    await CredentialEventsEndpoint.HandleAsync(context, credential, caller => _callers.IsAsync(caller, events));
                else await following(context);
            });
            next(app);
        };
    }
}
