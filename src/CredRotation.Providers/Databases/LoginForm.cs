using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CredRotation.Engine;

namespace CredRotation.Providers.Databases;

/// <summary>
/// The form in which consumers read a login from the vault: writes it so that no name or password can leave its place, and reads back what it
/// wrote or what a person wrote in the same form.
/// </summary>
internal abstract partial class LoginForm
{
    public const string Json = """{"username":"{username}","password":"{password}"}""";
    public const string Shape = """a JSON object of texts, a URI or key=value pairs with {username} and {password} each in a place of its own, such as {"username":"{username}","password":"{password}"} or Host={host};Username={username};Password={password}; {host}, {port} and {database} are filled in, too""";

    private const string Username = "{username}", Password = "{password}";
    private const int LengthMax = 2000;

    private LoginForm()
    {
    }

    /// <summary>Null when the template is none of the forms.</summary>
    public static LoginForm? Parse(string template)
        => template.Length is 0 or > LengthMax || template.Any(char.IsControl) ? null
            : template[0] is '{' ? JsonForm.Of(template)
            : template.Contains("://", StringComparison.Ordinal) ? UriForm.Of(template)
            : KeyValueForm.Of(template);

    public abstract SecretText Write(Login login, DatabaseAddress address);

    /// <summary>Null: the value is not in this form.</summary>
    public Login? Read(SecretText value)
        => Find(value.RevealToRemote()) is ({ Length: > 0 } username, { Length: > 0 } password) ? new Login(username, new SecretText(password)) : null;

    protected abstract (string? Username, string? Password) Find(string value);

    private static string Fill(string text, Login login, DatabaseAddress address, Func<string, string> escape)
        => Place().Replace(text, place => escape(place.Value switch
        {
            Username => login.Username,
            Password => login.Password.RevealToRemote(),
            "{host}" => address.Host,
            "{port}" => address.Port.ToString(CultureInfo.InvariantCulture),
            _ => address.Database,
        }));

    // One pass: what was filled in is not looked at again.
    [GeneratedRegex(@"\{(username|password|host|port|database)\}")]
    private static partial Regex Place();

    private sealed class JsonForm(JsonObject template, string username, string password) : LoginForm
    {
        public static JsonForm? Of(string text)
        {
            try
            {
                return JsonNode.Parse(text) is JsonObject template
                    && template.All(member => member.Value?.GetValueKind() is JsonValueKind.String)
                    && Member(template, Username) is { } username && Member(template, Password) is { } password
                    ? new JsonForm(template, username, password) : null;
            }
            catch (Exception broken) when (broken is JsonException or ArgumentException)
            {
                // Not JSON, or one name twice.
                return null;
            }
        }

        public override SecretText Write(Login login, DatabaseAddress address)
            => new(new JsonObject(template.Select(member => KeyValuePair.Create(member.Key, (JsonNode?)Fill(member.Value!.GetValue<string>(), login, address, text => text)))).ToJsonString());

        protected override (string? Username, string? Password) Find(string value)
        {
            try
            {
                using var document = JsonDocument.Parse(value);
                return document.RootElement.ValueKind is JsonValueKind.Object ? (Text(document.RootElement, username), Text(document.RootElement, password)) : default;
            }
            catch (Exception broken) when (broken is JsonException or InvalidOperationException)
            {
                return default;
            }
        }

        private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var member) && member.ValueKind is JsonValueKind.String ? member.GetString() : null;

        private static string? Member(JsonObject template, string place) => template.FirstOrDefault(member => member.Value!.GetValue<string>() == place).Key;
    }

    private sealed partial class UriForm(string template) : LoginForm
    {
        public static UriForm? Of(string text) => text.Contains($"://{Username}:{Password}@", StringComparison.Ordinal) && Shaped().IsMatch(text) ? new UriForm(text) : null;

        public override SecretText Write(Login login, DatabaseAddress address) => new(Fill(template, login, address, Uri.EscapeDataString));

        protected override (string? Username, string? Password) Find(string value)
            => Shaped().Match(value) is { Success: true } match ? (Uri.UnescapeDataString(match.Groups[1].Value), Uri.UnescapeDataString(match.Groups[2].Value)) : default;

        [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]*://([^:@/?#]+):([^:@/?#]+)@")]
        private static partial Regex Shaped();
    }

    private sealed class KeyValueForm(DbConnectionStringBuilder template, string username, string password) : LoginForm
    {
        public static KeyValueForm? Of(string text)
            => Pairs(text) is { } template && Key(template, Username) is { } username && Key(template, Password) is { } password ? new KeyValueForm(template, username, password) : null;

        public override SecretText Write(Login login, DatabaseAddress address)
        {
            var filled = new DbConnectionStringBuilder();
            foreach (string key in template.Keys) filled[key] = Fill((string)template[key], login, address, text => text);
            return new SecretText(filled.ConnectionString);
        }

        protected override (string? Username, string? Password) Find(string value)
            => Pairs(value) is { } pairs && pairs.TryGetValue(username, out var name) && pairs.TryGetValue(password, out var word) ? (name as string, word as string) : default;

        private static string? Key(DbConnectionStringBuilder template, string place) => template.Keys.Cast<string>().FirstOrDefault(key => (string)template[key] == place);

        private static DbConnectionStringBuilder? Pairs(string text)
        {
            try
            {
                return new DbConnectionStringBuilder { ConnectionString = text };
            }
            catch (ArgumentException)
            {
                return null;
            }
        }
    }
}
