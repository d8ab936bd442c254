namespace CredRotation.Adapters.Setup;

/// <summary>The exact commands with which roles and permissions are granted.</summary>
internal static class RoleCommand
{
    public const string VaultAdmins = "An Owner or User Access Administrator of the vault";
    public const string AccountAdmins = "An Owner or User Access Administrator of the storage account";
    public const string DirectoryAdmins = "A Privileged Role Administrator of the directory";

    public static string OnVault(string role, string vaultHost, string? principal)
        => Assign(role, principal, $"az keyvault show --name {vaultHost.Split('.', ':')[0]} --query id --output tsv");

    public static string OnAccount(string role, string account, string? principal)
        => Assign(role, principal, $"az storage account show --name {account} --query id --output tsv");

    public static string OfGraph(string permissions, string? principal)
        => $"pwsh infra/consent/Grant-GraphPermissions.ps1 -PrincipalId {principal ?? Unknown}{permissions}";

    private const string Unknown = "<object id of the app's managed identity>";

    private static string Assign(string role, string? principal, string scope)
        => $"az role assignment create --role \"{role}\" --assignee-object-id {principal ?? Unknown} --assignee-principal-type ServicePrincipal --scope \"$({scope})\"";
}
