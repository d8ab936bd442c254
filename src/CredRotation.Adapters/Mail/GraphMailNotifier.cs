using System.Globalization;
using CredRotation.Adapters.Notices;
using CredRotation.Engine;
using CredRotation.Engine.Authorize;
using Microsoft.Extensions.Options;
using Microsoft.Graph;
using Microsoft.Graph.Models;
using Microsoft.Graph.Users.Item.SendMail;
using Microsoft.Kiota.Abstractions;

namespace CredRotation.Adapters.Mail;

/// <summary>
/// Sends notices by Graph as mail to each enabled person of the owner group, else of the fallback group. Never to a group's own address: an alias
/// outlives everybody who reads it. Nobody's address stands in what it throws.
/// </summary>
public sealed class GraphMailNotifier(
    GraphServiceClient graph,
    IOwnerDirectory directory,
    IMailRenderer renderer,
    IOptions<MailOptions> mail,
    IOptions<RotationOptions> rotation) : INoticeChannel
{
    // Exchange takes 500 a message; who answers for a credential are not hundreds.
    private const int ReceiversMax = 50;

    // A mail is worth more than its link: without a configured address the link leads nowhere, visibly.
    private static readonly Uri NoPages = new("https://pages-base-uri-is-not-configured.invalid/");

    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(1);

    public async Task<bool> TrySendAsync(Notice notice, CancellationToken cancellationToken)
    {
        if (mail.Value.Sender is not { Length: > 0 } sender) return false;

        // The other half of the effect's time belongs to Teams.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(rotation.Value.EffectTimeout / 2);
        try
        {
            var receivers = await FindReceiversAsync(notice, deadline.Token);
            var text = renderer.RenderMail(notice, rotation.Value.PagesBaseUri ?? NoPages);
            await graph.Users[sender].SendMail.PostAsync(Body(text, receivers), cancellationToken: deadline.Token);
            return true;
        }
        catch (ApiException refused)
        {
            throw Refused(refused);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Trouble(RemoteTrouble.Unknown, "did not answer in time");
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or RemoteTroubleException))
        {
            throw Trouble(RemoteTrouble.Unknown, $"could not be reached ({exception.GetType().Name})");
        }
    }

    private async Task<IReadOnlyList<string>> FindReceiversAsync(Notice notice, CancellationToken cancellationToken)
    {
        if (notice.People is { } named)
            return Addresses(named) is { Count: > 0 } theirs ? theirs : throw Trouble(RemoteTrouble.NotFound, "knows no address of anybody whom this is for");

        OwnerReading? last = null;
        foreach (var group in new[] { notice.OwnerGroup, rotation.Value.FallbackGroup }.OfType<string>().Where(group => group.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            last = await directory.ReadAsync(group, cancellationToken);
            if (Addresses(last.People) is { Count: > 0 } people) return people;
        }

        throw last is { State: OwnerState.Unavailable }
            ? Trouble(RemoteTrouble.Unknown, "did not say who the receivers are")
            : Trouble(RemoteTrouble.NotFound, "knows no address: neither the owner group nor Rotation:FallbackGroup has an enabled person with one");
    }

    private static List<string> Addresses(IEnumerable<OwnerPerson> people)
        => [.. people.Select(person => person.Address).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase).Take(ReceiversMax)];

    private static SendMailPostRequestBody Body(NoticeMail text, IReadOnlyList<string> receivers) => new()
    {
        Message = new Message
        {
            Subject = text.Subject,
            Body = new ItemBody { ContentType = BodyType.Html, Content = text.Html },
            ToRecipients = [.. receivers.Select(receiver => new Recipient { EmailAddress = new EmailAddress { Address = receiver } })],
        },
        SaveToSentItems = false,
    };

    private static RemoteTroubleException Refused(ApiException refused)
    {
        var (trouble, what) = refused.ResponseStatusCode switch
        {
            400 => (RemoteTrouble.BadRequest, "does not accept the message (400)"),
            401 or 403 => (RemoteTrouble.Denied, string.Create(CultureInfo.InvariantCulture, $"refused ({refused.ResponseStatusCode}): grant Mail.Send to the app's identity, scoped to Mail:Sender")),
            404 => (RemoteTrouble.NotFound, "knows no mailbox of Mail:Sender (404)"),
            429 => (RemoteTrouble.Throttled, "takes no more mail for now (429)"),
            _ => (RemoteTrouble.Unknown, string.Create(CultureInfo.InvariantCulture, $"answered HTTP {refused.ResponseStatusCode}")),
        };
        return Trouble(trouble, what, RetryAfter(refused));
    }

    private static TimeSpan? RetryAfter(ApiException refused)
        => refused.ResponseHeaders?.FirstOrDefault(header => string.Equals(header.Key, "Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault() is { } text
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(Math.Min(seconds, RetryAfterMax.TotalSeconds))
            : null;

    private static RemoteTroubleException Trouble(RemoteTrouble trouble, string what, TimeSpan? retryAfter = null)
        => new("mail", trouble, $"Microsoft Graph {what}, so no mail was accepted.", retryAfter);
}
