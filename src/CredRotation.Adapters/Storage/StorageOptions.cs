using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace CredRotation.Adapters.Storage;

/// <summary>Where registry, ledger and queues are: a storage account by its name, or by its two endpoints; with neither, a file.</summary>
public sealed partial class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>For example <c>strotation</c>: 3 to 24 lower-case letters and digits. Its endpoints follow from <c>Cloud</c>.</summary>
    public string? AccountName { get; init; }

    /// <summary>Instead of the derived <c>https://{account}.table.{suffix}</c>; an emulator's address ends with its account's name.</summary>
    public Uri? TablesEndpoint { get; init; }

    /// <summary>Instead of the derived <c>https://{account}.queue.{suffix}</c>.</summary>
    public Uri? QueuesEndpoint { get; init; }

    /// <summary>The blob container whose files describe providers of your own, as <c>https://{account}.blob.{suffix}/{container}</c>; null: there are none.</summary>
    public Uri? ProviderFiles { get; init; }

    /// <summary>The file of the embedded host.</summary>
    public string? SqlitePath { get; init; }

    public static StorageOptions Of(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var section = configuration.GetSection(Section);
        return new StorageOptions
        {
            AccountName = section[nameof(AccountName)] is { Length: > 0 } name ? name : null,
            TablesEndpoint = Address(section[nameof(TablesEndpoint)]),
            QueuesEndpoint = Address(section[nameof(QueuesEndpoint)]),
            ProviderFiles = Address(section[nameof(ProviderFiles)]),
            SqlitePath = section[nameof(SqlitePath)] is { Length: > 0 } path ? path : null,
        };
    }

    /// <summary>False: the state is a file's.</summary>
    internal bool IsAccount => AccountName is not null || TablesEndpoint is not null || QueuesEndpoint is not null;

    public Uri? Tables(AzureCloud cloud) => TablesEndpoint ?? Derived("table", cloud);

    public Uri? Queues(AzureCloud cloud) => QueuesEndpoint ?? Derived("queue", cloud);

    /// <summary>Everything that is wrong, each with its setting and an example.</summary>
    public IEnumerable<string> Faults()
    {
        foreach (var fault in ContainerFaults()) yield return fault;
        if (AccountName is not null && !AccountNameText().IsMatch(AccountName)) yield return "Storage:AccountName must be 3 to 24 lower-case letters and digits, for example strotation.";
        if (IsAccount && AccountName is null && (TablesEndpoint is null || QueuesEndpoint is null))
            yield return "Storage:TablesEndpoint and Storage:QueuesEndpoint must both be set where Storage:AccountName is not, for example https://strotation.table.core.windows.net/ and https://strotation.queue.core.windows.net/.";
        foreach (var (setting, endpoint, kind) in new[] { (nameof(TablesEndpoint), TablesEndpoint, "table"), (nameof(QueuesEndpoint), QueuesEndpoint, "queue") })
        {
            if (endpoint is not null && !(endpoint.IsAbsoluteUri && endpoint.UserInfo.Length == 0 && endpoint.Query.Length == 0 && ((endpoint.Scheme == Uri.UriSchemeHttps && endpoint.AbsolutePath == "/") || StorageEmulator.Is(endpoint))))
                yield return $"Storage:{setting} must be an https address without a path, for example https://strotation.{kind}.core.windows.net/, or an emulator on this machine, for example http://127.0.0.1:10002/devstoreaccount1.";
        }
    }

    private IEnumerable<string> ContainerFaults()
    {
        if (ProviderFiles is { } files && !(files.IsAbsoluteUri && files.UserInfo.Length == 0 && files.Query.Length == 0 && ContainerText().IsMatch(files.AbsolutePath) && (files.Scheme == Uri.UriSchemeHttps || StorageEmulator.Holds(files))))
            yield return "Storage:ProviderFiles must be the address of a blob container, for example https://strotation.blob.core.windows.net/providers, or empty. It takes no key and no signature: the app signs in.";
    }

    private Uri? Derived(string kind, AzureCloud cloud) => AccountName is null ? null : new Uri($"https://{AccountName}.{kind}.{cloud.StorageSuffix}");

    // What is no address at all is kept, to be refused by name.
    private static Uri? Address(string? text) => string.IsNullOrWhiteSpace(text) ? null : new Uri(text.Trim(), UriKind.RelativeOrAbsolute);

    // Letters, digits and single hyphens, behind the emulator's account or alone. Source: "Naming and referencing containers, blobs and metadata".
    [GeneratedRegex("^(/devstoreaccount1)?/(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex ContainerText();

    [GeneratedRegex("^[a-z0-9]{3,24}$")]
    private static partial Regex AccountNameText();
}
