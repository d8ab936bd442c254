using CredRotation.Sandbox.Systems;
using CredRotation.Testing;

namespace CredRotation.Sandbox.World;

/// <summary>Fills a new sandbox: people, the gateway's credentials, and the vaults' first secrets.</summary>
internal static class SandboxSeeds
{
    public static void People(DirectoryModel directory)
    {
        foreach (var person in SandboxSignIn.Known.Values.Where(known => known.AppId is null))
            directory.Put(new DirectoryUser(person.ObjectId, person.Name, $"{person.Name}@shop.example"));
        directory.Put(new DirectoryUser("00000000-0000-4000-8000-000000000011", "left-the-company", "left@shop.example", IsEnabled: false));
        directory.Put(new DirectoryUser("00000000-0000-4000-8000-000000000012", "contractor", "contractor@partner.example", UserType: "Guest"));
        directory.Put(new DirectoryUser("00000000-0000-4000-8000-000000000013", "other-owner-2", "other-owner-2@shop.example"));

        directory.Put(new DirectoryUser("00000000-0000-4000-8000-000000000014", "credrotation", SandboxNames.Sender));

        directory.Put(Group(SandboxNames.PaymentsOwners, "Payments owners", Id("owner-1"), SandboxNames.NestedOwners, "00000000-0000-4000-8000-000000000011"));
        directory.Put(Group(SandboxNames.NestedOwners, "Payments on-call", Id("owner-2"), "00000000-0000-4000-8000-000000000012"));
        directory.Put(Group(SandboxNames.OtherOwners, "Search owners", Id("other-owner"), "00000000-0000-4000-8000-000000000013"));
        directory.Put(Group(SandboxNames.Fallback, "Platform team", Id("operator"), Id("auditor")));
    }

    /// <summary>The first payment key and the management key.</summary>
    public static (GatewayKey Payment, GatewayKey Management) Keys(GatewayModel gateway)
    {
        const string company = "ShopCompany";
        var management = gateway.Add(new GatewayCredential(SandboxNames.ManagementCredential, $"ws_manage@Company.{company}", company, true, [GatewayCredential.ManagementRole]));
        var payment = gateway.Add(new GatewayCredential(SandboxNames.PaymentsCredential, $"ws_checkout@Company.{company}", company, true, [GatewayCredential.PaymentRole, GatewayCredential.ReadMeRole]));
        return (payment, management);
    }

    /// <summary>What else lives at the merchant, and must go on living: a credential of another team, and one that a person disabled.</summary>
    public static void Strangers(GatewayModel gateway)
    {
        const string company = "ShopCompany";
        gateway.Add(new GatewayCredential(SandboxNames.StrangersCredential, $"ws_reporting@Company.{company}", company, true, [GatewayCredential.ReadMeRole]) { Description = "Reporting" });
        gateway.Add(new GatewayCredential("S2-524554495245445F", $"ws_retired@Company.{company}", company, false, [GatewayCredential.PaymentRole]));
    }

    /// <summary>What is only watched: a certificate near its end with the key and the secret behind it, a key that never ends, one that has.</summary>
    public static void KeysAndCertificates(VaultModel vault, string payments, string other, DateTimeOffset now)
    {
        vault.AddCertificate(payments, "checkout-tls", now.AddDays(6));
        vault.AddKey(payments, "card-data-wrapping", null);
        vault.AddKey(other, "search-signing", now.AddDays(-2));
    }

    private static DirectoryGroup Group(string id, string name, params string[] members) => new(id, name, null, members);

    private static string Id(string name) => SandboxSignIn.Known[name].ObjectId;
}
