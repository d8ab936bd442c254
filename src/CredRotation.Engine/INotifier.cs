using CredRotation.Engine.Authorize;

namespace CredRotation.Engine;

/// <summary>A fact on a card or in a notice, in people's words.</summary>
public sealed record NoticeFact(string Title, string Value);

/// <summary>What kind of message it is; decides its card.</summary>
public enum NoticeKind { Hold, Done, Incident, NearExpiry, FindingDigest, Escalation, Setup, Reminder }

/// <summary>
/// A message for people: what happened, what still works, what to do next. Texts may carry hostile input (names, provider codes):
/// whoever shows it encodes and bounds it. Never a value.
/// </summary>
/// <param name="OwnerGroup">Who answers; null means the default receiver.</param>
/// <param name="Page">Path of the page to open, for example <c>/api/pages/rotation/{id}</c>.</param>
/// <param name="More">How many facts there are beyond those given.</param>
public sealed record Notice(
    NoticeKind Kind,
    string? OwnerGroup,
    string Title,
    string WhatHappened,
    string WhatStillWorks,
    string WhatToDo,
    IReadOnlyList<NoticeFact> Facts,
    IReadOnlyList<string> Choices,
    string Page,
    int More = 0)
{
    /// <summary>Whom it is for by name, each read from the directory just now; null: the receiver's people are looked up when it is sent.</summary>
    public IReadOnlyList<OwnerPerson>? People { get; init; }
}

/// <summary>Sends messages to people. Accepted is not delivered.</summary>
public interface INotifier
{
    /// <summary>Throws <see cref="RemoteTroubleException"/> when the message was not accepted.</summary>
    Task NotifyAsync(Notice notice, CancellationToken cancellationToken);
}

/// <summary>Turns a notice into the text a channel takes.</summary>
public interface INoticeRenderer
{
    /// <summary>A Teams webhook message: one adaptive card, at most 20 KB of UTF-8 whatever the notice holds.</summary>
    string RenderTeamsMessage(Notice notice, Uri baseUri);
}

/// <summary>A notice as mail: a subject on one line, and HTML whose every text is encoded.</summary>
public sealed record NoticeMail(string Subject, string Html);

/// <summary>Turns a notice into mail, in the words of its card.</summary>
public interface IMailRenderer
{
    NoticeMail RenderMail(Notice notice, Uri baseUri);
}
