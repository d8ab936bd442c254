using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using CredRotation.Adapters.Consumers;
using CredRotation.Engine;
using CredRotation.Engine.Reload;
using CredRotation.Sandbox.Wire;
using Microsoft.AspNetCore.Http;

namespace CredRotation.Tests.Adapters.Consumers;

/// <summary>A workload behind an API server that speaks HTTPS with a certificate of its own authority.</summary>
public sealed class A_workload_of_Kubernetes : IAsyncLifetime
{
    private readonly Cluster _cluster = new();

    public ValueTask InitializeAsync() => _cluster.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory]
    [InlineData("deployment")]
    [InlineData("statefulset")]
    [InlineData("daemonset")]
    public async Task Is_rolled_out_once_and_proven_when_every_pod_is_new(string kind)
    {
        _cluster.Kind = kind;

        Assert.False(await RunsItAsync());
        Assert.Equal(("v2", 1), (_cluster.Version, _cluster.Patches));
        Assert.False(await RunsItAsync());
        _cluster.RollOut("v2", hasOld: true);
        Assert.False(await RunsItAsync());
        _cluster.RollOut("v2", hasOld: false);

        Assert.True(await RunsItAsync());
        Assert.Equal(1, _cluster.Patches);
        Assert.All(_cluster.Tokens, token => Assert.Equal("Bearer token-for-6dae42f8-4368-4678-94ff-3960e28e3630/.default", token));
    }

    [Fact]
    public async Task That_mounts_the_secret_shows_the_version_it_mounts()
    {
        await RunsItAsync();
        _cluster.RollOut("v2", hasOld: false);
        _cluster.Mounted = "v1";
        Assert.Contains("mount another version", (await ReadAsync()).Detail, StringComparison.Ordinal);

        _cluster.Mounted = "v2";

        var reading = await ReadAsync();
        Assert.True(reading.RunsIt);
        Assert.Contains("mounts show version v2", reading.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_reads_a_synced_secret_into_its_environment_shows_nothing()
    {
        _cluster.ReadsSecret = true;
        await RunsItAsync();
        _cluster.RollOut("v2", hasOld: false);

        Assert.Contains("nothing shows when that was synced", (await ReadAsync()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whose_mounts_may_not_be_looked_at_is_silent_and_not_proven()
    {
        await RunsItAsync();
        _cluster.RollOut("v2", hasOld: false);
        _cluster.HidesMounts = true;

        Assert.Contains("secretproviderclasspodstatuses", ChannelBench.SilenceOf(await _cluster.SignalAsync(ChannelBench.Signal("v2"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_only_asked_in_a_rehearsal_whether_it_could_be_rolled_out()
    {
        Assert.IsType<SignalAnswer.ReadBack>(await _cluster.SignalAsync(ChannelBench.Signal("v1", rehearsal: true)));

        Assert.Equal((0, 1), (_cluster.Patches, _cluster.DryRuns));
    }

    [Theory]
    [InlineData(401, "does not let us")]
    [InlineData(403, "does not let us")]
    [InlineData(404, "Workload")]
    [InlineData(429, "patience")]
    [InlineData(500, "HTTP 500")]
    public async Task Is_silent_with_a_remedy_when_the_cluster_refuses(int status, string says)
    {
        _cluster.Refusal = status;

        Assert.Contains(says, ChannelBench.SilenceOf(await _cluster.SignalAsync(ChannelBench.Signal("v2"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_spoken_to_under_a_certificate_of_somebody_else()
    {
        using var other = SandboxCertificate.Create();

        ChannelBench.SilenceOf(await _cluster.SignalAsync(ChannelBench.Signal("v2"), other));

        Assert.Empty(_cluster.Tokens);
    }

    [Fact]
    public async Task Whose_answer_is_no_JSON_is_silent()
    {
        _cluster.Garbage = "hostile";

        ChannelBench.SilenceOf(await _cluster.SignalAsync(ChannelBench.Signal("v2")));
    }

    private async Task<bool> RunsItAsync() => (await ReadAsync()).RunsIt;

    private async Task<InstanceReading> ReadAsync() => Assert.Single(Assert.IsType<SignalAnswer.ReadBack>(await _cluster.SignalAsync(ChannelBench.Signal("v2"))).Instances);

    /// <summary>The part of an API server that a rollout needs, for one workload.</summary>
    private sealed class Cluster : IAsyncDisposable
    {
        private readonly X509Certificate2 _certificate = SandboxCertificate.Create();
        private readonly List<(string Name, string? Version)> _pods = [("checkout-1", "v1"), ("checkout-2", "v1")];
        private LoopbackServer? _server;
        private long _observed = 1;
        private long _generation = 1;

        public string Kind { get; set; } = "deployment";

        public string Version { get; private set; } = "v1";

        public string? Mounted { get; set; }

        public bool ReadsSecret { get; set; }

        public bool HidesMounts { get; set; }

        public int? Refusal { get; set; }

        public string? Garbage { get; set; }

        public int Patches { get; private set; }

        public int DryRuns { get; private set; }

        public List<string> Tokens { get; } = [];

        public async ValueTask StartAsync() => _server = await LoopbackServer.StartAsync(_certificate, [0], HandleAsync, TestContext.Current.CancellationToken);

        public Task<SignalAnswer> SignalAsync(ReloadSignal signal, X509Certificate2? authority = null)
            => ChannelBench.SignalAsync(new ConsumerOptions
            {
                Kind = ConsumerKind.Kubernetes,
                Server = _server!.Addresses[0],
                Workload = $"payments/{Kind}/checkout",
                CertificateAuthority = Convert.ToBase64String(Encoding.UTF8.GetBytes((authority ?? _certificate).ExportCertificatePem())),
            }, signal, null);

        /// <summary>The controller made new pods; with <paramref name="hasOld"/> one of before has not ended yet.</summary>
        public void RollOut(string version, bool hasOld)
        {
            _observed = _generation;
            _pods.Clear();
            _pods.AddRange([("checkout-3", version), ("checkout-4", version)]);
            if (hasOld) _pods.Add(("checkout-1", "v1"));
        }

        public async ValueTask DisposeAsync()
        {
            if (_server is not null) await _server.DisposeAsync();
            _certificate.Dispose();
        }

        private async Task HandleAsync(HttpContext context)
        {
            Tokens.Add(context.Request.Headers.Authorization.ToString());
            context.Response.ContentType = "application/json";
            if (Refusal is { } status)
            {
                context.Response.StatusCode = status;
                await context.Response.WriteAsync("hostile");
                return;
            }

            var path = context.Request.Path.Value!;
            if (path.EndsWith("/secretproviderclasspodstatuses", StringComparison.Ordinal) && (HidesMounts || Mounted is null))
            {
                context.Response.StatusCode = HidesMounts ? 403 : 404;
                return;
            }

            if (context.Request.Method == "PATCH") await PatchAsync(context);
            await context.Response.WriteAsync(Garbage ?? ((JsonNode)(path switch
            {
                "/api/v1/namespaces/payments/pods" => Pods(),
                "/apis/secrets-store.csi.x-k8s.io/v1/namespaces/payments/secretproviderclasspodstatuses" => Mounts(),
                _ when path == $"/apis/apps/v1/namespaces/payments/{Kind}s/checkout" => Workload(),
                _ => throw new InvalidOperationException($"Nothing at {path}."),
            })).ToJsonString());
        }

        private async Task PatchAsync(HttpContext context)
        {
            var patch = (await JsonNode.ParseAsync(context.Request.Body))!;
            Assert.StartsWith("application/strategic-merge-patch+json", context.Request.ContentType, StringComparison.Ordinal);
            if (context.Request.Query["dryRun"] == "All")
            {
                DryRuns++;
                return;
            }

            Patches++;
            _generation++;
            Version = patch["spec"]!["template"]!["metadata"]!["annotations"]![KubernetesSignal.VersionAnnotation]!.GetValue<string>();
        }

        private JsonObject Workload() => new()
        {
            ["metadata"] = new JsonObject { ["name"] = "checkout", ["generation"] = _generation },
            ["spec"] = new JsonObject
            {
                ["replicas"] = 2,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = "checkout" } },
                ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [KubernetesSignal.VersionAnnotation] = Version } }, ["spec"] = Pod() },
            },
            ["status"] = new JsonObject
            {
                ["observedGeneration"] = _observed,
                ["replicas"] = 2,
                ["updatedReplicas"] = 2,
                ["availableReplicas"] = 2,
                ["currentNumberScheduled"] = 2,
                ["desiredNumberScheduled"] = 2,
                ["updatedNumberScheduled"] = 2,
                ["numberAvailable"] = 2,
                ["numberMisscheduled"] = 0,
                ["numberReady"] = 2,
            },
        };

        private JsonObject Pod() => new()
        {
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = "checkout",
                ["env"] = ReadsSecret ? new JsonArray(new JsonObject { ["name"] = "KEY", ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = "synced", ["key"] = "key" } } }) : new JsonArray(),
            }),
        };

        private JsonObject Pods() => new()
        {
            ["metadata"] = new JsonObject(),
            ["items"] = new JsonArray([.. _pods.Select(pod => (JsonNode)new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = pod.Name, ["annotations"] = new JsonObject { [KubernetesSignal.VersionAnnotation] = pod.Version } },
                ["status"] = new JsonObject { ["phase"] = "Running" },
            })]),
        };

        private JsonObject Mounts() => new()
        {
            ["items"] = new JsonArray([.. _pods.Select(pod => (JsonNode)new JsonObject
            {
                ["status"] = new JsonObject { ["podName"] = pod.Name, ["objects"] = new JsonArray(new JsonObject { ["id"] = "secret/gateway-key", ["version"] = Mounted }) },
            })]),
        };
    }
}
