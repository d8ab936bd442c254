using CredRotation.Adapters.Graph;

namespace CredRotation.Adapters.Mail;

/// <summary>The second path to people, for when Teams does not take a message, and for every incident.</summary>
public sealed class MailOptions
{
    public const string Section = "Mail";

    /// <summary>The mailbox that sends, for example <c>credrotation@contoso.com</c>; the app's identity needs Mail.Send, scoped to it. Without one no mail is sent.</summary>
    public string? Sender { get; init; }

    internal bool IsSenderUsable() => Sender is not { Length: > 0 } || MailAddressText.IsUsable(Sender);
}
