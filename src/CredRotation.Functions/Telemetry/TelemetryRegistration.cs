using Azure.Core;
using Azure.Monitor.OpenTelemetry.Exporter;
using CredRotation.Adapters.Teams;
using CredRotation.Engine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Instrumentation.Http;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CredRotation.Functions.Telemetry;

/// <summary>Traces, metrics and logs, to Application Insights where it is configured, else to an OTLP collector, else nowhere and at no cost.</summary>
public static class TelemetryRegistration
{
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var insights = configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"];
        var collector = configuration["OTEL_EXPORTER_OTLP_ENDPOINT"];
        if (string.IsNullOrWhiteSpace(insights) && !Uri.TryCreate(collector, UriKind.Absolute, out _)) return services;

        // Calls of the Azure SDK become spans below the step that made them.
        AppContext.SetSwitch("Azure.Experimental.EnableActivitySource", true);
        services.AddOptions<HttpClientTraceInstrumentationOptions>().Configure<IOptions<TeamsOptions>>((options, teams) => options.FilterHttpRequestMessage = request => !IsWebhook(request.RequestUri, teams.Value));
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(RotationTelemetry.Name))
            .WithTracing(tracing => tracing.AddSource(RotationTelemetry.Name).AddSource("Azure.*").AddHttpClientInstrumentation())
            .WithMetrics(metrics => metrics.AddMeter(RotationTelemetry.Name))
            .WithLogging();
        if (string.IsNullOrWhiteSpace(insights))
        {
            telemetry.UseOtlpExporter(OpenTelemetry.Exporter.OtlpExportProtocol.HttpProtobuf, new Uri(collector!));
            return services;
        }

        services.ConfigureOpenTelemetryTracerProvider((provider, tracing) => tracing.AddAzureMonitorTraceExporter(options => Monitor(options, insights, provider)));
        services.ConfigureOpenTelemetryMeterProvider((provider, metrics) => metrics.AddAzureMonitorMetricExporter(options => Monitor(options, insights, provider)));
        services.ConfigureOpenTelemetryLoggerProvider((provider, logs) => logs.AddAzureMonitorLogExporter(options => Monitor(options, insights, provider)));
        return services;
    }

    private static void Monitor(AzureMonitorExporterOptions options, string connection, IServiceProvider provider)
    {
        options.ConnectionString = connection;
        // By the managed identity: the workspace takes no instrumentation key.
        options.Credential = provider.GetRequiredService<TokenCredential>();
        // An instance's disk goes with it, and nothing is written where nobody cleans up.
        options.DisableOfflineStorage = true;
    }

    /// <summary>The address of a workflow is its credential: no span may carry it.</summary>
    private static bool IsWebhook(Uri? address, TeamsOptions teams)
        => address is not null && teams.Webhooks.Values.Append(teams.DefaultWebhook).Any(webhook => webhook is not null && webhook.Authority == address.Authority && webhook.AbsolutePath == address.AbsolutePath);
}
