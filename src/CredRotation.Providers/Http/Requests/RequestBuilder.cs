using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Templates;

namespace CredRotation.Providers.Http.Requests;

/// <summary>Makes the one request that a template and its values stand for, or refuses it before anything is sent.</summary>
internal static class RequestBuilder
{
    private const string JsonMediaType = "application/json";

    /// <summary>Exactly one of the two is null; the refusal is a short code of ours.</summary>
    public static (HttpRequestMessage? Request, string? Refusal) Build(Operation operation, TemplateValues values, AllowedHosts hosts)
    {
        try
        {
            return (Make(operation, values, hosts), null);
        }
        catch (RequestRefusedException refused)
        {
            return (null, $"not-sent.{refused.Reason}");
        }
    }

    private static HttpRequestMessage Make(Operation operation, TemplateValues values, AllowedHosts hosts)
    {
        var address = Address(operation.Request.Url, values, hosts);
        var request = new HttpRequestMessage(operation.Request.Method, address) { Content = Content(operation.Request, values) };

        foreach (var header in operation.Auth.Headers.Concat(operation.Request.Headers))
            request.Headers.TryAddWithoutValidation(header.Name, Sendable(header.Name, header.Value.Expand(values)));
        if (operation.Auth is { User: { } user, Password: { } password })
            request.Headers.Authorization = Basic(user.Expand(values), password.Expand(values));
        if (request.Headers.Accept.Count == 0) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(JsonMediaType));
        return request;
    }

    private static Uri Address(Template template, TemplateValues values, AllowedHosts hosts)
    {
        var text = template.Expand(values, Encode);

        // Uri resolves dot segments and re-encodes. If it changed anything, the request would not go where the file says.
        if (text.Split('?')[0].Split('/').Any(IsDotSegment)
            || !Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || !string.Equals(uri.AbsoluteUri, text, StringComparison.Ordinal))
            throw new RequestRefusedException("address-is-not-plain");

        return hosts.Allow(uri) ? uri : throw new RequestRefusedException("host-not-allowed");
    }

    private static string Encode(Placeholder placeholder, string value)
    {
        if (value.Length == 0) throw new RequestRefusedException("empty-value-in-address");

        // The base address was checked with the account; everything else stays within its segment.
        if (placeholder.Source is Source.BaseAddress) return BaseAddress.Parse(value)?.AbsoluteUri.TrimEnd('/') ?? throw new RequestRefusedException("base-address");

        if (placeholder.Filter is not Filter.Raw) return Uri.EscapeDataString(value);

        return value.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or '~' or '/')
            ? value
            : throw new RequestRefusedException("raw-value-not-plain");
    }

    private static bool IsDotSegment(string segment) => segment is "." or "..";

    private static AuthenticationHeaderValue Basic(string user, string password)
        => user.Contains(':', StringComparison.Ordinal)
            ? throw new RequestRefusedException("basic-user-holds-colon")
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    // A line break would let a value write headers of its own.
    private static string Sendable(string header, string value)
        => value.Length > 0 && value.All(character => character is >= ' ' and <= '~')
            ? value
            : throw new RequestRefusedException($"header-not-plain.{header}");

    private static ByteArrayContent? Content(RequestTemplate request, TemplateValues values) => request.Body switch
    {
        BodyTemplate.Form form => new FormUrlEncodedContent(form.Fields.Select(field => KeyValuePair.Create(field.Key, field.Value.Expand(values)))),
        BodyTemplate.Json json => Json(json.Value, values),
        // SocketsHttpHandler sends a request again, up to three times, when the connection closes before an answer and no content was
        // begun: each would issue another key. With content, though empty, it never does. A repeated read is harmless.
        _ => request.Method == HttpMethod.Get ? null : new ByteArrayContent([]),
    };

    private static ByteArrayContent Json(JsonTemplate json, TemplateValues values)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer)) Write(writer, json, values);

        var content = new ByteArrayContent(buffer.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue(JsonMediaType);
        return content;
    }

    private static void Write(Utf8JsonWriter writer, JsonTemplate json, TemplateValues values)
    {
        switch (json)
        {
            case JsonTemplate.Text { Value.Only.IsNumber: true } number:
                writer.WriteRawValue(number.Value.Expand(values));
                break;
            case JsonTemplate.Text { Value.Only: { Filter: Filter.List } list }:
                writer.WriteStartArray();
                foreach (var item in ParameterDeclaration.Items(values.Find(list))) writer.WriteStringValue(item);
                writer.WriteEndArray();
                break;
            case JsonTemplate.Text text:
                writer.WriteStringValue(text.Value.Expand(values));
                break;
            case JsonTemplate.Constant constant:
                constant.Value.WriteTo(writer);
                break;
            case JsonTemplate.Items items:
                writer.WriteStartArray();
                foreach (var item in items.Values) Write(writer, item, values);
                writer.WriteEndArray();
                break;
            case JsonTemplate.Members members:
                writer.WriteStartObject();
                foreach (var (name, value) in members.Values)
                {
                    writer.WritePropertyName(name);
                    Write(writer, value, values);
                }

                writer.WriteEndObject();
                break;
        }
    }
}
