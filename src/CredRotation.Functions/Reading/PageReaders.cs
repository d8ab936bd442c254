namespace CredRotation.Functions.Reading;

/// <summary>One reader for each page that gathers from many places.</summary>
public sealed record PageReaders(RotationReader Rotation, TasksReader Tasks, OverviewReader Overview, OwnersReader Owners, CredentialReader Credential, UnmanagedReader Unmanaged, OwnReader Own);
