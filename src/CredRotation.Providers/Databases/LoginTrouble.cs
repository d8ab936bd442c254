using CredRotation.Engine;

namespace CredRotation.Providers.Databases;

/// <summary>What went wrong at a server, as far as outcomes differ.</summary>
internal enum LoginMeaning
{
    /// <summary>The login is not accepted.</summary>
    Refused,

    /// <summary>Nothing happened; later it may.</summary>
    Later,

    /// <summary>Nothing happened, and nothing will before somebody changes something.</summary>
    Rejected,

    Unknown,
}

/// <summary>What a failed call means, by the server's own code and never by its words, which may quote what was sent.</summary>
internal sealed record LoginTrouble(LoginMeaning Meaning, string Code, string Words)
{
    /// <summary>How long a server is left alone that could not serve a call.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromSeconds(30);

    public TargetOutcome AtTarget(DateTimeOffset? remoteDate = null) => Meaning switch
    {
        LoginMeaning.Refused or LoginMeaning.Rejected => new TargetOutcome.Unreadable(Code, remoteDate),
        LoginMeaning.Later => new TargetOutcome.Throttled(Pause, remoteDate),
        _ => new TargetOutcome.Unknown(Words, remoteDate),
    };

    public IssueOutcome AtIssue() => Meaning switch
    {
        LoginMeaning.Refused or LoginMeaning.Rejected => new IssueOutcome.Rejected(Code),
        LoginMeaning.Later => new IssueOutcome.Throttled(Pause),
        _ => new IssueOutcome.Unknown(Words),
    };

    public RetireOutcome AtRetire() => Meaning switch
    {
        LoginMeaning.Refused or LoginMeaning.Rejected => new RetireOutcome.Rejected(Code),
        LoginMeaning.Later => new RetireOutcome.Throttled(Pause),
        _ => new RetireOutcome.Unknown(Words),
    };

    public ProbeOutcome AtProbe(DateTimeOffset? remoteDate = null) => Meaning switch
    {
        LoginMeaning.Refused => new ProbeOutcome.Refused(remoteDate),
        LoginMeaning.Later => new ProbeOutcome.Throttled(Pause, remoteDate),
        _ => new ProbeOutcome.Unknown(Words, remoteDate),
    };
}
