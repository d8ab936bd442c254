using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace CredRotation.Engine;

/// <summary>Where a secret lives: canonical vault host (lower case, with its port unless 443) and name (lower case: Key Vault compares names without case).</summary>
[JsonConverter(typeof(Json))]
public sealed partial record SecretName
{
    private SecretName(string vaultHost, string name) => (VaultHost, Name) = (vaultHost, name);

    /// <summary>For example <c>payments.vault.azure.net</c> or <c>127.0.0.1:4443</c>.</summary>
    public string VaultHost { get; }

    /// <summary>1 to 127 characters of <c>0-9a-z-</c> (facts: Key Vault service limits).</summary>
    public string Name { get; }

    public Uri VaultUri => new($"https://{VaultHost}/");

    /// <summary>Throws <see cref="FormatException"/> for a vault that is not https or a name Key Vault would refuse.</summary>
    public static SecretName Of(Uri vault, string name)
        => TryOf(vault, name, out var secret) ? secret! : throw new FormatException($"'{vault}' with '{name}' is not a Key Vault secret: use https://<vault>/ and 1 to 127 characters of 0-9, a-z and '-'.");

    public static bool TryOf(Uri? vault, string? name, out SecretName? secret)
    {
        secret = vault is { IsAbsoluteUri: true, Scheme: "https" } && name is not null && NamePattern().IsMatch(name)
            ? new SecretName(HostOf(vault), name.ToLowerInvariant())
            : null;
        return secret is not null;
    }

    /// <summary>Reads <c>https://vault/secrets/name</c>, with or without a version; the version is dropped.</summary>
    public static bool TryParse(string? text, out SecretName? secret)
    {
        secret = null;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri.Segments is [_, "secrets/", var name, ..]
            && TryOf(uri, name.TrimEnd('/'), out secret);
    }

    /// <summary>The canonical host of a vault, for comparing vaults.</summary>
    public static string HostOf(Uri vault) => (vault.IsDefaultPort ? vault.Host : $"{vault.Host}:{vault.Port}").ToLowerInvariant();

    public override string ToString() => $"https://{VaultHost}/secrets/{Name}";

    [GeneratedRegex("^[0-9A-Za-z-]{1,127}$")]
    private static partial Regex NamePattern();

    private sealed class Json : JsonConverter<SecretName>
    {
        public override SecretName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => TryParse(reader.GetString(), out var secret) ? secret! : throw new JsonException("A secret is written https://<vault>/secrets/<name>.");

        public override void Write(Utf8JsonWriter writer, SecretName value, JsonSerializerOptions options)
            => writer.WriteStringValue(value.ToString());
    }
}
