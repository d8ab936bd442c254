using CredRotation.Providers.Http.Answers;

namespace CredRotation.Providers.AzureKeys;

/// <summary>What a call that was not answered with success may have done.</summary>
internal enum ArmMeaning
{
    /// <summary>It may have happened.</summary>
    Unknown,

    /// <summary>Nothing happened, and asking again changes nothing.</summary>
    Refused,

    /// <summary>Nothing happened; later it may.</summary>
    Later,
}

/// <summary>
/// Reads the refusals of Azure Resource Manager. Source: Azure Resource Manager, "Understand how Azure Resource Manager throttles requests" and
/// "Lock your resources"; Cosmos DB answers 412 while it is busy with another operation on the account.
/// </summary>
internal static class ArmTrouble
{
    public static readonly JsonPointer Status = JsonPointer.Parse("/status")!;

    private static readonly JsonPointer s_code = JsonPointer.Parse("/error/code")!, s_plainCode = JsonPointer.Parse("/code")!;

    public static ArmMeaning Of(Answer answer) => answer.Status switch
    {
        null => answer.WasNotSent ? ArmMeaning.Later : ArmMeaning.Unknown,
        429 or 412 or 423 => ArmMeaning.Later,
        // A lock of the resource stands until somebody takes it away; every other conflict is with another operation.
        409 => RawCode(answer) is "ScopeLocked" ? ArmMeaning.Refused : ArmMeaning.Later,
        400 or 401 or 403 or 404 or 405 => ArmMeaning.Refused,
        _ => ArmMeaning.Unknown,
    };

    public static string Code(Answer answer) => RawCode(answer) is { Length: > 0 } code ? new Redaction([]).Code(code) : $"http-{answer.Status}";

    private static string? RawCode(Answer answer) => answer.Body?.Text(s_code) ?? answer.Body?.Text(s_plainCode);
}
