using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredRotation.Engine;

/// <summary>Names one rotation: 20 base32 characters of SHA-256 over the credential id and an ordinal kept on its row, so a repeat finds its own work.</summary>
[JsonConverter(typeof(Json))]
public readonly record struct RotationId
{
    private readonly string? _value;

    private RotationId(string value) => _value = value;

    /// <summary>20 characters of <c>a-z2-7</c>.</summary>
    public string Value => _value ?? throw new InvalidOperationException("An empty rotation id was used.");

    /// <summary>The id of a credential's n-th rotation; <paramref name="ordinal"/> starts at 1.</summary>
    public static RotationId Of(CredentialId credential, int ordinal)
        => new(Base32.Hash20(string.Create(CultureInfo.InvariantCulture, $"{credential.Value}/{ordinal}")));

    /// <summary>Reads an id from hostile input.</summary>
    public static bool TryParse(string? text, out RotationId id)
    {
        id = Base32.IsHash20(text) ? new RotationId(text!) : default;
        return id._value is not null;
    }

    public override string ToString() => Value;

    private sealed class Json : JsonConverter<RotationId>
    {
        public override RotationId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => TryParse(reader.GetString(), out var id) ? id : throw new JsonException("A rotation id has 20 characters of a-z2-7.");

        public override void Write(Utf8JsonWriter writer, RotationId value, JsonSerializerOptions options)
            => writer.WriteStringValue(value.Value);
    }
}
