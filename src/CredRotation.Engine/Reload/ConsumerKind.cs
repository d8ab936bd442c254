namespace CredRotation.Engine.Reload;

/// <summary>How a consumer is reached, and by what it shows which version it runs.</summary>
public enum ConsumerKind
{
    /// <summary>An HTTP hook that checks our token and answers with its instances; each acknowledges after its first success.</summary>
    Hook,

    /// <summary>An Event Grid topic that its instances subscribe to; those who hold a lease acknowledge.</summary>
    EventGrid,

    /// <summary>An HTTP address that only takes a message.</summary>
    Webhook,

    /// <summary>App Service or Functions: Key Vault references are refreshed, and the resolved version is read back.</summary>
    AppService,

    /// <summary>Container Apps: the platform fetches the version by itself, and replicas have to start after that.</summary>
    ContainerApp,

    /// <summary>A workload of Kubernetes, which is rolled out anew.</summary>
    Kubernetes,

    /// <summary>Reads the vault for each use and keeps no value longer than it declares.</summary>
    OnDemand,

    /// <summary>Names one version in its own configuration: only a person or a deployment moves it.</summary>
    Pinned,
}

/// <summary>What the proof of a consumer is worth, the best first.</summary>
public enum ProofWorth
{
    /// <summary>Each instance says that a remote accepted the new version from it.</summary>
    Used,

    /// <summary>The platform says which version it hands to each unit; nobody saw it used.</summary>
    Resolved,

    /// <summary>Every unit was started when only the new version could be read; nobody saw which one it has.</summary>
    Started,

    /// <summary>A person's word or a declared bound; nothing was seen.</summary>
    Declared,

    /// <summary>It took a message. That shows nothing.</summary>
    Told,
}

/// <summary>The facts of each kind.</summary>
public static class ConsumerKinds
{
    public static ProofWorth WorthOf(ConsumerKind kind, bool hasPrincipal) => kind switch
    {
        ConsumerKind.Hook or ConsumerKind.EventGrid => ProofWorth.Used,
        ConsumerKind.Webhook => hasPrincipal ? ProofWorth.Used : ProofWorth.Told,
        ConsumerKind.AppService => ProofWorth.Resolved,
        ConsumerKind.ContainerApp or ConsumerKind.Kubernetes => ProofWorth.Started,
        ConsumerKind.OnDemand or ConsumerKind.Pinned => ProofWorth.Declared,
        _ => throw new System.Diagnostics.UnreachableException($"No worth for {kind}."),
    };

    /// <summary>One sentence for people.</summary>
    public static string Says(ProofWorth worth) => worth switch
    {
        ProofWorth.Used => "Each instance says that it used the new version with success.",
        ProofWorth.Resolved => "The platform says which version it hands to the app; nobody saw the app use it.",
        ProofWorth.Started => "Everything that runs was started when only the new version could be read; nobody saw the app use it.",
        ProofWorth.Declared => "It is declared, not shown: its configuration or a person says so.",
        ProofWorth.Told => "It took a message. Nothing shows what it runs, so a person decides.",
        _ => throw new System.Diagnostics.UnreachableException($"No words for {worth}."),
    };

    /// <summary>Told by a call of ours; the others move by themselves or by a person.</summary>
    public static bool IsSignalled(ConsumerKind kind) => kind is not (ConsumerKind.OnDemand or ConsumerKind.Pinned);
}
