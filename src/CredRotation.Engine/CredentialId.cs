using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredRotation.Engine;

/// <summary>Names one managed credential for ever: 20 base32 characters of SHA-256 over its canonical vault host and secret name.</summary>
[JsonConverter(typeof(Json))]
public readonly record struct CredentialId
{
    private readonly string? _value;

    private CredentialId(string value) => _value = value;

    /// <summary>20 characters of <c>a-z2-7</c>; safe in a URL, a row key and a queue message.</summary>
    public string Value => _value ?? throw new InvalidOperationException("An empty credential id was used.");

    public static CredentialId Of(SecretName secret) => new(Base32.Hash20($"{secret.VaultHost}/{secret.Name}"));

    /// <summary>Reads an id from hostile input.</summary>
    public static bool TryParse(string? text, out CredentialId id)
    {
        id = Base32.IsHash20(text) ? new CredentialId(text!) : default;
        return id._value is not null;
    }

    public override string ToString() => Value;

    private sealed class Json : JsonConverter<CredentialId>
    {
        public override CredentialId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => TryParse(reader.GetString(), out var id) ? id : throw new JsonException("A credential id has 20 characters of a-z2-7.");

        public override void Write(Utf8JsonWriter writer, CredentialId value, JsonSerializerOptions options)
            => writer.WriteStringValue(value.Value);
    }
}
