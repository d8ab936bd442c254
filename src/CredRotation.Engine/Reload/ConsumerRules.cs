namespace CredRotation.Engine.Reload;

/// <summary>Which settings each kind of consumer needs. All faults at once, each naming the setting and the remedy.</summary>
internal static class ConsumerRules
{
    private static readonly string[] s_workloads = ["deployment", "statefulset", "daemonset"];

    public static IEnumerable<string> Faults(string path, ConsumerOptions consumer)
    {
        if (!Enum.IsDefined(consumer.Kind))
        {
            yield return $"{path}:Kind is not one of {string.Join(", ", Enum.GetNames<ConsumerKind>())}.";
            yield break;
        }

        if (consumer.Kind is ConsumerKind.Hook or ConsumerKind.Webhook && !IsHttps(consumer.Hook)) yield return $"{path}:Hook must be an https URL, for example https://checkout.example.com/credential-reload.";
        if (consumer.Kind is ConsumerKind.Hook && consumer.Audience.Length == 0) yield return $"{path}:Audience must name the audience that its hook accepts, for example api://checkout.";
        if (consumer.Kind is ConsumerKind.Hook or ConsumerKind.EventGrid && consumer.Principal.Length == 0) yield return $"{path}:Principal must be the object id of its identity: nobody else's acknowledgements count.";
        if (consumer.Kind is ConsumerKind.EventGrid && !IsHttps(consumer.Topic)) yield return $"{path}:Topic must be its topic's endpoint, for example https://reloads.westeurope-1.eventgrid.azure.net/api/events.";
        if (consumer.Kind is ConsumerKind.AppService && !IsResource(consumer.Resource, "Microsoft.Web/sites")) yield return $"{path}:Resource must be a site's or slot's resource id, for example /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.Web/sites/<name>.";
        if (consumer.Kind is ConsumerKind.ContainerApp && !IsResource(consumer.Resource, "Microsoft.App/containerApps")) yield return $"{path}:Resource must be a container app's resource id, for example /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.App/containerApps/<name>.";
        if (consumer.Kind is ConsumerKind.Kubernetes)
        {
            if (!IsHttps(consumer.Server)) yield return $"{path}:Server must be the API server's https address, for example https://payments-dns-1234.hcp.westeurope.azmk8s.io:443.";
            if (consumer.Workload.Split('/') is not [{ Length: > 0 }, var kind, { Length: > 0 }] || !s_workloads.Contains(kind, StringComparer.Ordinal)) yield return $"{path}:Workload must be <namespace>/{string.Join('|', s_workloads)}/<name>, for example payments/deployment/checkout.";
            if (consumer.CertificateAuthority.Length > 0 && !Convert.TryFromBase64String(consumer.CertificateAuthority, new byte[consumer.CertificateAuthority.Length], out _)) yield return $"{path}:CertificateAuthority must be base64 of the authority's PEM, as in a kubeconfig.";
        }

        if (consumer.Kind is ConsumerKind.OnDemand && consumer.HoldsAtMost is null) yield return $"{path}:HoldsAtMost must say how long it keeps a value at most, for example 00:15:00 for a job that runs a quarter of an hour.";
        if (consumer.Kind is not ConsumerKind.OnDemand && consumer.HoldsAtMost is not null) yield return $"{path}:HoldsAtMost belongs to kind OnDemand only. Remove it, or set ReloadMax.";
    }

    /// <summary>The time that a consumer needs at least; null: the policy's is enough for any.</summary>
    public static TimeSpan? NeedOf(ConsumerOptions consumer) => consumer switch
    {
        { ReloadMax: { } own } => own,
        // The platform itself looks for a new version within half an hour; then replicas have to start.
        { Kind: ConsumerKind.ContainerApp } => TimeSpan.FromMinutes(40),
        { HoldsAtMost: { } holds } => holds,
        _ => null,
    };

    /// <summary>Why a policy leaves a consumer too little time, as what is wrong and the remedy; null: it does not.</summary>
    public static (string What, string Remedy)? TooSlow(string alias, ConsumerOptions consumer, string policyAlias, PolicyOptions policy)
        => NeedOf(consumer) is { } need && need > policy.ReloadMax
            ? ($"Consumer {alias} needs {need} to run a new version, and policy {policyAlias} gives all consumers together {policy.ReloadMax}.", $"Raise Rotation:Policies:{policyAlias}:ReloadMax to {need} at least, or lower the consumer's.")
            : null;

    private static bool IsHttps(Uri? uri) => uri is { IsAbsoluteUri: true } && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));

    // Only characters that a resource id has: the id becomes a path at the management endpoint.
    private static bool IsResource(string id, string type)
        => id.StartsWith("/subscriptions/", StringComparison.OrdinalIgnoreCase)
            && id.Contains($"/providers/{type}/", StringComparison.OrdinalIgnoreCase)
            && id.Split('/', StringSplitOptions.RemoveEmptyEntries) is { Length: 8 or 10 } parts
            && parts.All(part => part is not ("." or "..") && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '(' or ')'));
}
