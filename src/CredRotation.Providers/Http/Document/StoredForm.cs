using CredRotation.Engine;
using CredRotation.Providers.Http.Answers;
using CredRotation.Providers.Http.Requests;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Document;

/// <summary>A secret of several parts as one JSON text: how it is written for consumers, and how its parts are found again when it is tried.</summary>
internal sealed class StoredForm
{
    private readonly JsonTemplate _value;
    private readonly JsonPointer _secret;
    private readonly JsonPointer? _id;

    private StoredForm(JsonTemplate value, JsonPointer secret, JsonPointer? id) => (_value, _secret, _id) = (value, secret, id);

    public static StoredForm? Read(Node node, TemplateRules rules)
    {
        if (!node.IsObjectOf("value") || node.Need("value", "write the JSON that consumers read") is not { } value || !value.IsObject()) return null;
        if (BodyReader.ReadJson(value, rules with { IsJson = true }) is not { } json) return null;

        var places = Places(json, "").ToList();
        if (Place(places, Source.NewSecret) is { } secret) return new StoredForm(json, secret, Place(places, Source.NewId));

        node.Problem("holds the secret nowhere as a whole value", "write {{new.secret}} as a member of its own, so that it can be found again");
        return null;
    }

    /// <summary>The parts can be told apart again, the id among them.</summary>
    public bool HasId => _id is not null;

    public SecretText Write(TemplateValues values) => new(RequestBuilder.Text(_value, values));

    /// <summary>Null when the value has another form.</summary>
    public Candidate? Open(SecretText value, string? id)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(value.RevealToRemote());
        using var body = JsonBody.Read(bytes);
        return body?.Text(_secret) is { Length: > 0 } secret ? new Candidate((_id is null ? null : body.Scalar(_id)) ?? id, new SecretText(secret)) : null;
    }

    private static JsonPointer? Place(IEnumerable<(string Place, Placeholder Placeholder)> places, Source source)
        => places.FirstOrDefault(place => place.Placeholder.Source == source) is { Place: { } text } ? JsonPointer.Parse(text) : null;

    private static IEnumerable<(string Place, Placeholder Placeholder)> Places(JsonTemplate json, string at) => json switch
    {
        JsonTemplate.Text { Value.Only: { } only } => [(at, only)],
        JsonTemplate.Members members => members.Values.SelectMany(member => Places(member.Value, JsonPointer.Below(at, member.Key))),
        _ => [],
    };
}
