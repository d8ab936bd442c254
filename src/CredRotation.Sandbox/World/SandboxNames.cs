namespace CredRotation.Sandbox.World;

/// <summary>What things are called in every sandbox.</summary>
public static class SandboxNames
{
    public const string PaymentsVault = "payments";
    public const string StagingVault = "staging";

    /// <summary>Holds the management key; nothing in it is managed.</summary>
    public const string PlatformVault = "platform";

    /// <summary>Watched, and granted no account.</summary>
    public const string OtherVault = "other";

    public const string PaymentSecret = "payment-gateway-api-key";
    public const string ManagementSecret = "adyen-management-key";

    // No hyphen: shells and Linux app settings take aliases as part of a variable name.
    public const string Account = "adyen";

    /// <summary>A new key of the same credential; the old one ends by the gateway's timer.</summary>
    public const string Provider = "adyen-merchant-api-key";

    /// <summary>A new credential each time; the old one lives until it is disabled.</summary>
    public const string CredentialProvider = "adyen-merchant-credential";

    /// <summary>What the credentials that replace one another are called; the gateway does not know it.</summary>
    public const string CredentialLine = "checkout";
    public const string Policy = "payments";
    public const string Consumer = "checkout";

    public const string PaymentsCredential = "S2-5041474D454E5453";
    public const string ManagementCredential = "S2-4D414E4147454D54";

    /// <summary>Somebody else's, at the same merchant.</summary>
    public const string StrangersCredential = "S2-5245504F5254494E";

    /// <summary>The mailbox that CredRotation sends from.</summary>
    public const string Sender = "credrotation@shop.example";

    /// <summary>owner-1 and, in a group inside it, owner-2.</summary>
    public const string PaymentsOwners = "00000000-0000-4000-9000-000000000001";
    public const string NestedOwners = "00000000-0000-4000-9000-000000000002";

    /// <summary>other-owner and one more.</summary>
    public const string OtherOwners = "00000000-0000-4000-9000-000000000003";

    /// <summary>Takes over where owners are gone.</summary>
    public const string Fallback = "00000000-0000-4000-9000-000000000004";
}
