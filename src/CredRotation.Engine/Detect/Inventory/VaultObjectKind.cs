namespace CredRotation.Engine.Detect.Inventory;

/// <summary>What a vault keeps. Only secrets are rotated; keys and certificates are watched and announced.</summary>
public enum VaultObjectKind { Secret, Key, Certificate }
