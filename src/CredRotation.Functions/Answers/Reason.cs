namespace CredRotation.Functions.Answers;

/// <summary>What a reason may be: it is kept, logged and put on cards.</summary>
internal static class Reason
{
    private const int Max = 500;

    public static bool IsOneLine(string reason) => reason.Length <= Max && !reason.Any(char.IsControl);

    public static Problem Problem { get; } = Problem.BadRequest($"'reason' is one line of at most {Max} characters.");
}
