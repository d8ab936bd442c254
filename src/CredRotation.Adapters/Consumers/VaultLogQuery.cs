using System.Globalization;
using System.Text;
using CredRotation.Engine;

namespace CredRotation.Adapters.Consumers;

/// <summary>
/// The question who read a secret, in the log's language: every entry of the vault counts, those that gave the secret's value by caller and path,
/// all others as one. One pass, so that a reader whose entry arrives meanwhile cannot be missing from an answer that reaches beyond it.
/// Sources: Microsoft Learn, the tables AZKVAuditLogs and AzureDiagnostics (Key Vault); Kusto, "union operator" and "string" literals.
/// </summary>
internal static class VaultLogQuery
{
    // A vault writes to one table or the other, by its diagnostic setting; a workspace has a table once it got an entry, and a column likewise.
    // The empty one keeps the question answerable where there is none. An entry without a status may be a read.
    private const string Body = """
        union isfuzzy=true
            (datatable(TimeGenerated:datetime, OperationName:string, Status:int, Address:string, Oid:string, App:string)[]),
            (AZKVAuditLogs
            | where TimeGenerated > Since
            | extend Claim = parse_json(tostring(column_ifexists("Identity", dynamic(null)))).claim
            | project TimeGenerated, OperationName, Status = toint(column_ifexists("HttpStatusCode", int(null))), Address = coalesce(RequestUri, tostring(column_ifexists("Id", ""))), Oid = coalesce(tostring(Claim.oid), tostring(Claim["http://schemas.microsoft.com/identity/claims/objectidentifier"])), App = tostring(Claim.appid)),
            (AzureDiagnostics
            | where TimeGenerated > Since and ResourceProvider =~ "MICROSOFT.KEYVAULT"
            | project TimeGenerated, OperationName, Status = toint(column_ifexists("httpStatusCode_d", real(null))), Address = coalesce(tostring(column_ifexists("requestUri_s", "")), tostring(column_ifexists("id_s", ""))), Oid = coalesce(tostring(column_ifexists("identity_claim_oid_g", "")), tostring(column_ifexists("identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g", ""))), App = tostring(column_ifexists("identity_claim_appid_g", "")))
        | extend Address = tolower(url_decode(Address))
        | where extract("^https://([^/:?]+)", 1, Address) == Vault
        | extend IsRead = OperationName =~ "SecretGet" and (isnull(Status) or Status < 300) and extract("^https://[^/]+/+secrets/+([^/?]+)", 1, Address) == Secret
        | extend Kind = iff(IsRead, "reader", "vault"), Oid = iff(IsRead, Oid, ""), App = iff(IsRead, App, ""), Path = iff(IsRead, extract("^https://[^/]+(/[^?]*)", 1, Address), "")
        | summarize Last = max(TimeGenerated), First = min(TimeGenerated), Times = count() by Kind, Oid, App, Path
        | take Most
        """;

    /// <param name="rowsMax">As many rows as are looked at; one more is asked for, which shows that there are more.</param>
    public static string Of(SecretName secret, DateTimeOffset since, int rowsMax) => string.Create(CultureInfo.InvariantCulture, $"""
        let Since = datetime({since.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ});
        let Vault = {Literal(secret.VaultUri.IdnHost)};
        let Secret = {Literal(secret.Name)};
        let Most = {rowsMax + 1};
        {Body}
        """);

    /// <summary>A text as a string literal: whatever is no plain letter, digit, dot or hyphen is escaped, so that nothing can end it.</summary>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var c in text)
            if (char.IsAsciiLetterOrDigit(c) || c is '.' or '-') literal.Append(c);
            else literal.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        return literal.Append('"').ToString();
    }
}
