using System.Globalization;
using Azure;
using Azure.Core;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using CredRotation.Engine;

namespace CredRotation.Adapters.Storage;

/// <summary>
/// Provider files in a blob container, signed in with the app's identity. They are as trusted as its settings: whoever may write there may send the
/// management credentials that an account names to the hosts that a file names.
/// </summary>
/// <param name="identity">The emulator on this machine needs none.</param>
/// <param name="shape">Changes how the client calls, for example its transport.</param>
internal sealed class BlobProviderFiles(Uri container, Func<TokenCredential> identity, Action<ClientOptions>? shape) : IProviderFileSource
{
    internal const int FilesMax = 100, LengthMax = 256 * 1024;

    private const string Access = "Give the app's identity the role Storage Blob Data Reader on it, or leave Storage:ProviderFiles empty.";

    public IReadOnlyList<ProviderFileText> Read()
    {
        try
        {
            var client = Client();
            var blobs = client.GetBlobs().Where(blob => blob.Name.EndsWith(".json", StringComparison.Ordinal)).Take(FilesMax + 1).OrderBy(blob => blob.Name, StringComparer.Ordinal).ToList();
            return blobs.Count <= FilesMax
                ? [.. blobs.Select(blob => Read(client, blob))]
                : throw Trouble(RemoteTrouble.BadRequest, string.Create(CultureInfo.InvariantCulture, $"holds more than {FilesMax} files"), "Keep one file for each provider.");
        }
        catch (RequestFailedException refused)
        {
            // Its own message may hold headers and parts of the answer.
            throw Trouble(refused.Status is 401 or 403 ? RemoteTrouble.Denied : RemoteTrouble.Unknown, string.Create(CultureInfo.InvariantCulture, $"could not be read ({refused.Status} {Shown(refused.ErrorCode ?? "")})"), Access);
        }
        catch (Exception lost) when (lost is not RemoteTroubleException)
        {
            throw Trouble(RemoteTrouble.Unknown, $"could not be read ({lost.GetType().Name})", Access);
        }
    }

    private ProviderFileText Read(BlobContainerClient client, BlobItem blob)
        => blob.Properties.ContentLength is > 0 and <= LengthMax
            ? new ProviderFileText(Shown(blob.Name), client.GetBlobClient(blob.Name).DownloadContent().Value.Content.ToString())
            : throw Trouble(RemoteTrouble.BadRequest, $"holds {Shown(blob.Name)}, which is empty or larger than 256 KB", "A provider file has some KB: put the right one there.");

    private BlobContainerClient Client()
    {
        var options = new BlobClientOptions();
        options.Retry.MaxRetries = 3;
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(10);
        shape?.Invoke(options);
        return StorageEmulator.Holds(container)
            ? new BlobContainerClient(container, new StorageSharedKeyCredential(StorageEmulator.Account, StorageEmulator.Key), options)
            : new BlobContainerClient(container, identity(), options);
    }

    private RemoteTroubleException Trouble(RemoteTrouble trouble, string what, string next)
        => new("storage", trouble, $"The container of provider files, {container.AbsolutePath.Trim('/')}, {what}. The app does not start without them, and rotations wait. {next}");

    private static string Shown(string name) => new([.. name.Take(120).Select(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_' or '/' ? character : '?')]);
}
