using System.Text;
using System.Text.Encodings.Web;
using CredRotation.Engine;

namespace CredRotation.Pages.Mail;

/// <summary>Renders a notice as a short mail in the words of its card: every text encoded, no image, one link that opens our page.</summary>
internal sealed class NoticeMails : IMailRenderer
{
    private const int SubjectMax = 150;
    private const int TextMax = 500;
    private const int FactsMax = 30;
    private const int FactMax = 300;
    private const int ChoicesMax = 8;

    public NoticeMail RenderMail(Notice notice, Uri baseUri)
    {
        ArgumentNullException.ThrowIfNull(notice);
        ArgumentNullException.ThrowIfNull(baseUri);

        var html = new StringBuilder("<!DOCTYPE html><html lang=\"en\"><body style=\"font-family:sans-serif;line-height:1.4\">");
        html.Append("<h1 style=\"font-size:1.2em\">").Append(Encoded(notice.Title, SubjectMax)).Append("</h1>");
        html.Append("<p>").Append(Encoded(notice.WhatHappened, TextMax)).Append("</p>");
        Row(html, "What still works", notice.WhatStillWorks, TextMax);
        Row(html, "What to do", notice.WhatToDo, TextMax);
        foreach (var fact in notice.Facts.Take(FactsMax)) Row(html, fact.Title, fact.Value, FactMax);
        if (Math.Max(0, notice.Facts.Count - FactsMax) + notice.More is > 0 and var more) Row(html, "More", PageLink.More(notice.Kind, more), FactMax);
        if (notice.Choices.Count > 0)
        {
            html.Append("<p>Choices on the page:</p><ul>");
            foreach (var choice in notice.Choices.Take(ChoicesMax)) html.Append("<li>").Append(Encoded(choice, FactMax)).Append("</li>");
            html.Append("</ul>");
        }

        html.Append("<p><a href=\"").Append(HtmlEncoder.Default.Encode(PageLink.Of(notice.Page, baseUri).AbsoluteUri)).Append("\">").Append(PageLink.Words(notice.Kind)).Append("</a></p>");
        html.Append("<p>Sent by CredRotation. No mail of ours ever holds a secret or asks for one.</p></body></html>");
        return new NoticeMail(Shown.Text(notice.Title, SubjectMax), html.ToString());
    }

    private static void Row(StringBuilder html, string title, string value, int max)
        => html.Append("<p><strong>").Append(Encoded(title, 60)).Append("</strong><br>").Append(Encoded(value, max)).Append("</p>");

    // A client makes a bare address clickable; this one stays readable and dead. Our own link is the only one.
    private static string Encoded(string text, int max) => HtmlEncoder.Default.Encode(Shown.Text(text, max).Replace("://", ":// ", StringComparison.Ordinal));
}
