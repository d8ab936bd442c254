using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Azure.Core;
using CredRotation.Engine;
using CredRotation.Engine.Reload;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace CredRotation.Adapters.Consumers;

/// <summary>
/// A deployment, stateful set or daemon set: its pod template's annotation is set to the version, which rolls it out anew. It is proven when
/// every pod carries that annotation and is available, and, where the Secrets Store CSI driver mounts the secret, when each mount shows the
/// version. Needs to get and patch the workload, to list pods, and to list secretproviderclasspodstatuses: the role Azure Kubernetes
/// Service RBAC Writer and a role of its own for the last. Sources: Kubernetes API reference, "Update a Deployment"; Secrets Store CSI driver,
/// SecretProviderClassPodStatus.
/// </summary>
internal sealed class KubernetesSignal(TokenCredential credential) : IConsumerChannel
{
    public const string VersionAnnotation = "credrotation.io/version";

    /// <summary>The application that AKS accepts tokens for. Source: Microsoft Learn, "Use kubelogin to authenticate in AKS".</summary>
    private const string AksAudience = "6dae42f8-4368-4678-94ff-3960e28e3630";

    private const int PodsMax = 500;
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(15);

    public IReadOnlyList<ConsumerKind> Kinds { get; } = [ConsumerKind.Kubernetes];

    public async Task<SignalAnswer> SignalAsync(ConsumerOptions consumer, ReloadSignal signal, CancellationToken cancellationToken)
    {
        if (consumer.Workload.Split('/') is not [var space, var kind, var name]) return new SignalAnswer.Silent("Its Workload is not <namespace>/<kind>/<name>. Correct the consumer's settings.");

        var token = await credential.GetTokenAsync(new TokenRequestContext([$"{(consumer.Audience.Length > 0 ? consumer.Audience : AksAudience)}/.default"]), cancellationToken);
        var authorities = new X509Certificate2Collection();
        if (consumer.CertificateAuthority.Length > 0) authorities.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(consumer.CertificateAuthority)));
        var settings = new KubernetesClientConfiguration { Host = consumer.Server!.AbsoluteUri, AccessToken = token.Token, SslCaCerts = authorities.Count == 0 ? null : authorities };
        try
        {
            using var client = new Kubernetes(settings);
            var workload = new Workload(client, space, kind, name);
            return await SignalAsync(workload, signal, cancellationToken);
        }
        catch (HttpOperationException refused)
        {
            return new SignalAnswer.Silent(refused.Response?.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => string.Create(CultureInfo.InvariantCulture, $"The cluster does not let us (HTTP {(int)refused.Response.StatusCode}). Let the app's identity get and patch the workload, and list its pods and secretproviderclasspodstatuses."),
                HttpStatusCode.NotFound => "The cluster knows no such workload (HTTP 404). Correct the consumer's Workload.",
                HttpStatusCode.TooManyRequests => "The cluster asks for patience (HTTP 429); it is asked again.",
                { } status => string.Create(CultureInfo.InvariantCulture, $"The cluster answered HTTP {(int)status}; it is asked again."),
                null => "The cluster's answer could not be read; it is asked again.",
            });
        }
    }

    private static async Task<SignalAnswer> SignalAsync(Workload workload, ReloadSignal signal, CancellationToken cancellationToken)
    {
        var patch = new V1Patch(JsonSerializer.Serialize(new { spec = new { template = new { metadata = new { annotations = new Dictionary<string, string> { [VersionAnnotation] = signal.Version } } } } }), V1Patch.PatchType.StrategicMergePatch);
        if (signal.Rehearsal)
        {
            // Asked as it will be, and nothing comes of it: it shows the right.
            await workload.PatchAsync(patch, isDryRun: true, cancellationToken);
            return Reading(workload, true, "It may be rolled out anew.");
        }

        var state = await workload.ReadAsync(cancellationToken);
        if (state.Version != signal.Version)
        {
            await workload.PatchAsync(patch, isDryRun: false, cancellationToken);
            return Reading(workload, false, "It is rolled out anew.");
        }

        if (!state.IsRolledOut) return Reading(workload, false, string.Create(CultureInfo.InvariantCulture, $"Its rollout is under way: {state.Updated} of {state.Desired} pods are new, {state.Available} available."));
        var pods = await workload.PodsAsync(state.Selector, PodsMax, cancellationToken);
        if (pods is null) return new SignalAnswer.Silent(string.Create(CultureInfo.InvariantCulture, $"It has more than {PodsMax} pods, or no selector by labels; it cannot be looked at."));
        // A pod that ends is still one that runs.
        var old = pods.Count(pod => pod.Status?.Phase is not ("Succeeded" or "Failed") && !(pod.Metadata?.Annotations is { } annotations && annotations.TryGetValue(VersionAnnotation, out var version) && version == signal.Version));
        if (old > 0) return Reading(workload, false, string.Create(CultureInfo.InvariantCulture, $"{old} of its pods are from before the rollout and have not ended."));

        var names = pods.Select(pod => pod.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        var mounts = (await workload.MountsAsync(signal.Secret.Name, cancellationToken)).Where(mount => names.Contains(mount.Pod)).ToList();
        if (mounts.Count > 0)
        {
            var stale = mounts.Where(mount => mount.Version != signal.Version).Select(mount => mount.Pod).Distinct().Count();
            return stale > 0
                ? Reading(workload, false, string.Create(CultureInfo.InvariantCulture, $"{stale} of its pods mount another version of a secret of this name."))
                : Reading(workload, true, string.Create(CultureInfo.InvariantCulture, $"All its pods were started anew, and {mounts.Count} mounts show version {signal.Version}."));
        }

        // A Kubernetes Secret that something else syncs may have been old when the pod read it.
        return state.ReadsSecrets
            ? Reading(workload, false, "Its pods read a Kubernetes Secret into their environment, and nothing shows when that was synced. Mount the secret by the Secrets Store CSI driver, or add the client package.")
            : Reading(workload, true, "All its pods were started after the version was there.");
    }

    private static SignalAnswer.ReadBack Reading(Workload workload, bool runsIt, string detail)
        => new([new InstanceReading(workload.Name.Length <= ConsumerProgress.InstanceLengthMax ? workload.Name : workload.Name[..ConsumerProgress.InstanceLengthMax], runsIt, detail)], s_lookAgain);

    /// <summary>How far a rollout is.</summary>
    private sealed record Rollout(string? Version, bool IsRolledOut, int Desired, int Updated, int Available, string? Selector, bool ReadsSecrets);

    /// <summary>One workload, whatever its kind: the three say the same in different words.</summary>
    private sealed class Workload(Kubernetes client, string space, string kind, string name)
    {
        public string Name => name;

        public Task PatchAsync(V1Patch patch, bool isDryRun, CancellationToken cancellationToken)
        {
            var dryRun = isDryRun ? "All" : null;
            return kind switch
            {
                "deployment" => client.AppsV1.PatchNamespacedDeploymentAsync(patch, name, space, dryRun: dryRun, fieldManager: "credrotation", cancellationToken: cancellationToken),
                "statefulset" => client.AppsV1.PatchNamespacedStatefulSetAsync(patch, name, space, dryRun: dryRun, fieldManager: "credrotation", cancellationToken: cancellationToken),
                _ => client.AppsV1.PatchNamespacedDaemonSetAsync(patch, name, space, dryRun: dryRun, fieldManager: "credrotation", cancellationToken: cancellationToken),
            };
        }

        public async Task<Rollout> ReadAsync(CancellationToken cancellationToken)
        {
            switch (kind)
            {
                case "deployment":
                    var deployment = await client.AppsV1.ReadNamespacedDeploymentAsync(name, space, cancellationToken: cancellationToken);
                    return Of(deployment.Metadata, deployment.Spec?.Template, deployment.Spec?.Selector, deployment.Status?.ObservedGeneration, deployment.Spec?.Replicas ?? 1, deployment.Status?.UpdatedReplicas, deployment.Status?.AvailableReplicas, deployment.Status?.Replicas);
                case "statefulset":
                    var set = await client.AppsV1.ReadNamespacedStatefulSetAsync(name, space, cancellationToken: cancellationToken);
                    return Of(set.Metadata, set.Spec?.Template, set.Spec?.Selector, set.Status?.ObservedGeneration, set.Spec?.Replicas ?? 1, set.Status?.UpdatedReplicas, set.Status?.AvailableReplicas, set.Status?.Replicas);
                default:
                    var daemons = await client.AppsV1.ReadNamespacedDaemonSetAsync(name, space, cancellationToken: cancellationToken);
                    return Of(daemons.Metadata, daemons.Spec?.Template, daemons.Spec?.Selector, daemons.Status?.ObservedGeneration, daemons.Status?.DesiredNumberScheduled ?? 0, daemons.Status?.UpdatedNumberScheduled, daemons.Status?.NumberAvailable, daemons.Status?.CurrentNumberScheduled);
            }
        }

        /// <summary>Null: more than are looked at, or they cannot be told from others'.</summary>
        public async Task<IReadOnlyList<V1Pod>?> PodsAsync(string? selector, int max, CancellationToken cancellationToken)
        {
            if (selector is null) return null;
            var pods = await client.CoreV1.ListNamespacedPodAsync(space, labelSelector: selector, limit: max, cancellationToken: cancellationToken);
            return pods.Metadata?.ContinueProperty is { Length: > 0 } ? null : [.. pods.Items];
        }

        /// <summary>Which versions of secrets of this name pods mount by the CSI driver; none where the cluster has no such driver. A refusal is no answer.</summary>
        public async Task<IReadOnlyList<(string Pod, string Version)>> MountsAsync(string secret, CancellationToken cancellationToken)
        {
            JsonElement listed;
            try
            {
                listed = JsonSerializer.SerializeToElement(await client.CustomObjects.ListNamespacedCustomObjectAsync("secrets-store.csi.x-k8s.io", "v1", space, "secretproviderclasspodstatuses", cancellationToken: cancellationToken));
            }
            catch (HttpOperationException none) when (none.Response?.StatusCode is HttpStatusCode.NotFound)
            {
                return [];
            }

            var mounts = new List<(string Pod, string Version)>();
            foreach (var item in listed.GetProperty("items").EnumerateArray())
            {
                if (ConsumerAnswers.Text(item, "status", "podName") is not { } pod || !item.GetProperty("status").TryGetProperty("objects", out var objects) || objects.ValueKind is not JsonValueKind.Array) continue;
                mounts.AddRange(objects.EnumerateArray().Where(one => string.Equals(ConsumerAnswers.Text(one, "id"), $"secret/{secret}", StringComparison.OrdinalIgnoreCase)).Select(mounted => (pod, ConsumerAnswers.Text(mounted, "version") ?? "")));
            }

            return mounts;
        }

        private static Rollout Of(V1ObjectMeta metadata, V1PodTemplateSpec? template, V1LabelSelector? selector, long? observed, int desired, int? updated, int? available, int? total)
        {
            var version = template?.Metadata?.Annotations is { } annotations && annotations.TryGetValue(VersionAnnotation, out var value) ? value : null;
            var labels = selector is { MatchLabels: { Count: > 0 } match, MatchExpressions: null or { Count: 0 } } ? string.Join(',', match.Select(label => $"{label.Key}={label.Value}")) : null;
            return new(version, observed >= metadata.Generation && (updated ?? 0) >= desired && (available ?? 0) >= desired && (total ?? 0) == (updated ?? 0), desired, updated ?? 0, available ?? 0, labels, ReadsSecretsOf(template));
        }

        private static bool ReadsSecretsOf(V1PodTemplateSpec? template)
            => (template?.Spec?.Containers ?? []).Concat(template?.Spec?.InitContainers ?? []).Any(container => container.Env?.Any(one => one.ValueFrom?.SecretKeyRef is not null) is true || container.EnvFrom?.Any(one => one.SecretRef is not null) is true)
                || template?.Spec?.Volumes?.Any(volume => volume.Secret is not null) is true;
    }
}
