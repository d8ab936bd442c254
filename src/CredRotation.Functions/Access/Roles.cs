namespace CredRotation.Functions.Access;

/// <summary>Who a signed-in caller can be towards one call; nobody signed in is <see cref="None"/>.</summary>
[Flags]
public enum Roles
{
    None = 0,

    /// <summary>The principal of a configured consumer.</summary>
    Consumer = 1,

    /// <summary>A member of the owner group of the credential the call is about, or of the fallback group.</summary>
    OwnerOfThis = 2,

    /// <summary>A member of an owner group, but not of this credential's.</summary>
    OwnerOfAnother = 4,

    /// <summary>Holds the app role <c>Rotation.Operate</c>.</summary>
    Operator = 8,

    /// <summary>Holds the app role <c>Rotation.Audit</c>.</summary>
    Auditor = 16,

    /// <summary>Whoever calls, signed in or not.</summary>
    Anybody = 32,

    /// <summary>Somebody to whom a reminder of this credential climbed: a manager whom it names, the fallback group, leadership. Of pages: a reminder of anything.</summary>
    Reminded = 64,

    Owner = OwnerOfThis | OwnerOfAnother,

    Reader = OwnerOfThis | Operator | Auditor,
}
