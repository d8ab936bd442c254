using System.Diagnostics.CodeAnalysis;

namespace CredRotation.Testing;

/// <summary>An error as the simulated remote words it: outer and inner code are two things.</summary>
public sealed record RemoteError(int Status, string Code, string? InnerCode, string Message);

/// <summary>What a simulated remote answers: a value or an error, never both.</summary>
public sealed record Answer<T>(T? Value, RemoteError? Error)
{
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsOk => Error is null;

    public static implicit operator Answer<T>(T value) => new(value, null);

    public static implicit operator Answer<T>(RemoteError error) => new(default, error);
}
