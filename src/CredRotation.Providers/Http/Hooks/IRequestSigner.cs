namespace CredRotation.Providers.Http.Hooks;

/// <summary>A way to show who asks that no template can write, because it is computed from the whole request; files name it by its name.</summary>
internal interface IRequestSigner
{
    string Name { get; }

    /// <summary>What a file must give it, each a template.</summary>
    IReadOnlyList<string> Values { get; }

    /// <summary>Signs what is about to be sent; throws <see cref="Requests.RequestRefusedException"/> when it cannot.</summary>
    void Sign(HttpRequestMessage request, ReadOnlySpan<byte> body, IReadOnlyDictionary<string, string> values, DateTimeOffset now);
}

/// <summary>The signers that exist.</summary>
internal static class RequestSigners
{
    public static IReadOnlyList<IRequestSigner> All { get; } = [new HttpSignature(), new PubNubSignature()];

    public static IRequestSigner? Find(string name) => All.FirstOrDefault(signer => signer.Name == name);
}
