using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>A webhook post as it arrived.</summary>
public sealed record InboxMessage(DateTimeOffset At, string Channel, string Body);

/// <summary>A mail as it was accepted.</summary>
public sealed record InboxMail(DateTimeOffset At, string From, IReadOnlyList<string> To, string Subject, string Html);

/// <summary>Keeps what people would have been told, on both faces: posts of the webhook and notices of the port.</summary>
public sealed class InboxModel(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<InboxMessage> _messages = [];
    private readonly List<Notice> _notices = [];
    private readonly List<InboxMail> _mails = [];

    public IReadOnlyList<InboxMessage> Messages
    {
        get
        {
            lock (_gate) return [.. _messages];
        }
    }

    public IReadOnlyList<Notice> Notices
    {
        get
        {
            lock (_gate) return [.. _notices];
        }
    }

    public IReadOnlyList<InboxMail> Mails
    {
        get
        {
            lock (_gate) return [.. _mails];
        }
    }

    public void ReceiveMail(string from, IReadOnlyList<string> to, string subject, string html)
    {
        lock (_gate) _mails.Add(new InboxMail(time.GetUtcNow(), from, to, subject, html));
    }

    public void Receive(string channel, string body)
    {
        lock (_gate) _messages.Add(new InboxMessage(time.GetUtcNow(), channel, body));
    }

    public void Receive(Notice notice)
    {
        lock (_gate) _notices.Add(notice);
    }
}
