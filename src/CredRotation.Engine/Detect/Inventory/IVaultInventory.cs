namespace CredRotation.Engine.Detect.Inventory;

/// <summary>What a vault holds, properties only. May throw <see cref="RemoteTroubleException"/>; what was listed until then stands.</summary>
public interface IVaultInventory
{
    /// <summary>Every object of one kind, disabled ones included. Kinds are listed apart: a role may allow one and not another.</summary>
    IAsyncEnumerable<VaultObject> ListAsync(Uri vault, VaultObjectKind kind, CancellationToken cancellationToken);
}
