using CredRotation.EmbeddedHost.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Azure.Functions.Worker.Builder;

/// <summary>Collects what the app registers, and builds the host around it.</summary>
public sealed class FunctionsApplicationBuilder
{
    private readonly WebApplicationBuilder _web;

    internal FunctionsApplicationBuilder(WebApplicationBuilder web) => _web = web;

    public IServiceCollection Services => _web.Services;

    public ConfigurationManager Configuration => _web.Configuration;

    public ILoggingBuilder Logging => _web.Logging;

    public IHostEnvironment Environment => _web.Environment;

    public IHost Build() => HostAssembly.Build(_web);
}
