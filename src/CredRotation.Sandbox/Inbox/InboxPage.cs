using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using CredRotation.Testing;

namespace CredRotation.Sandbox.Inbox;

/// <summary>What people were told, newest first, as one page without a script: cards as Teams would draw them, mails in a frame that may do nothing.</summary>
public static class InboxPage
{
    private const int ShownMax = 100;

    private const string Style = """
        :root{color-scheme:light dark;--ground:light-dark(#f5f5f5,#141414);--panel:light-dark(#fff,#242424);--line:light-dark(#d9d9d9,#404040);--text:light-dark(#242424,#f0f0f0);--soft:light-dark(#5c5c5c,#b3b3b3);--accent:light-dark(#4f52b2,#a6a9ff);--good:light-dark(#0e700e,#7ad67a);--warn:light-dark(#8a4b00,#f2b661);--bad:light-dark(#b10e1c,#ff9a9a)}
        *{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 "Segoe UI",system-ui,"Liberation Sans",sans-serif;overflow-wrap:anywhere}
        main{max-width:46rem;margin:0 auto;padding:1.2rem clamp(1rem,4vw,2rem) 3rem;display:grid;gap:1rem}main>*{min-width:0}
        h1,h2,p,dl,dd{margin:0}h1{font-size:1.5rem}.soft,.meta{color:var(--soft)}.meta{font-size:.85rem;margin-bottom:.35rem}
        .card,.mail{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:1rem 1.1rem;display:grid;gap:.7rem}
        h2{font-size:1.15rem;line-height:1.3}.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.accent{color:var(--accent)}.strong{font-weight:600}
        dl{display:grid;gap:.3rem}dl div{display:grid;grid-template-columns:minmax(7rem,11.5rem) 1fr;gap:.9rem}dt{font-weight:600}
        a{color:var(--accent)}.button{display:inline-block;padding:.35rem .9rem;border:1px solid var(--line);border-radius:4px;color:inherit;text-decoration:none;font-weight:600}
        .button:hover{background:var(--ground)}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
        iframe{width:100%;height:34rem;border:0;background:#fff;border-radius:4px}
        @media (max-width:36rem){dl div{grid-template-columns:1fr;gap:0}}
        """;

    public static string Render(InboxModel inbox)
    {
        ArgumentNullException.ThrowIfNull(inbox);
        var entries = inbox.Messages.Select((message, index) => (message.At, Order: index, Html: Card(message)))
            .Concat(inbox.Mails.Select((mail, index) => (mail.At, Order: index, Html: Mail(mail))))
            .OrderByDescending(entry => entry.At).ThenByDescending(entry => entry.Order).ToList();

        var html = new StringBuilder("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>What people were told</title><style>");
        html.Append(Style).Append("</style></head><body><main><div><h1>What people were told</h1><p class=\"soft\">Newest first: cards as they arrived at the Teams webhook, and mails. Drawn by the sandbox, not by Teams. <a href=\"/inbox\">Read again</a></p></div>");
        if (entries.Count == 0) html.Append("<p>Nothing yet.</p>");
        foreach (var entry in entries.Take(ShownMax)) html.Append(entry.Html);
        if (entries.Count > ShownMax) html.Append("<p class=\"soft\">Only the newest ").Append(ShownMax).Append(" are shown.</p>");
        return html.Append("</main></body></html>").ToString();
    }

    private static string Card(InboxMessage message)
        => $"<article><p class=\"meta\">Teams, channel {Encoded(message.Channel)}, {Time(message.At)}</p>{CardDrawing.Draw(message.Body)}</article>";

    private static string Mail(InboxMail mail)
        => $"<article><p class=\"meta\">Mail from {Encoded(mail.From)} to {Encoded(string.Join(", ", mail.To))}, {Time(mail.At)}</p><div class=\"mail\"><h2>{Encoded(mail.Subject)}</h2><iframe sandbox title=\"Mail: {Encoded(mail.Subject)}\" srcdoc=\"{Encoded(mail.Html)}\"></iframe></div></article>";

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string Encoded(string text) => HtmlEncoder.Default.Encode(text);
}
