using Azure.Core;
using CredRotation.Adapters.Mail;
using CredRotation.Engine;
using CredRotation.Engine.Setup;
using Microsoft.Extensions.Options;

namespace CredRotation.Adapters.Setup;

/// <summary>Which of the Graph permissions the app's own token carries. A new grant is in a token only when the platform makes the next one, which may take a day.</summary>
internal sealed class GraphNeeds(TokenCredential credential, Uri graph, IOptions<MailOptions> mail, IOptions<RotationOptions> rotation) : ISetupProbe
{
    private const string Later = " The platform keeps a token up to a day: restart the app after a grant.";

    private static readonly (string Name, string[] Enough, string Without)[] s_permissions =
    [
        ("GroupMember.Read.All", ["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"], "Owners cannot be seen: approvals cannot be checked, and rotations that need one hold and say so."),
        ("User.Read.All", ["User.Read.All", "Directory.Read.All"], "Whether an owner's account is enabled cannot be seen, so that nobody counts as an owner."),
    ];

    public async Task<IReadOnlyList<Need>> ProbeAsync(CancellationToken cancellationToken)
    {
        AppIdentity? app = null;
        var trouble = "";
        try
        {
            app = await AppIdentity.ReadAsync(credential, new Uri(graph, ".default").AbsoluteUri, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is Azure.Identity.AuthenticationFailedException or Azure.RequestFailedException)
        {
            trouble = "There was no token for Microsoft Graph: check that the app's managed identity exists.";
        }

        var needs = s_permissions.Select(permission => Of(permission.Name, permission.Enough, permission.Without, "", app, trouble)).ToList();
        if (mail.Value.Sender is { Length: > 0 }) needs.Add(Of("Mail.Send", ["Mail.Send"], "No mail is sent: where Teams does not take a message, nobody hears of it.", " -MailSend", app, trouble));
        if (rotation.Value.WatchAppRegistrations) needs.Add(Of("Application.Read.All", ["Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"], "Secrets and certificates of app registrations cannot be seen: nobody hears of their end from here.", " -ApplicationRead", app, trouble));
        return needs;
    }

    private static Need Of(string name, string[] enough, string without, string parameters, AppIdentity? app, string trouble)
    {
        var need = new Need($"Graph {name}", NeedState.Unknown, trouble.Length > 0 ? trouble : "The token cannot be read.", without, RoleCommand.OfGraph(parameters, app?.ObjectId), RoleCommand.DirectoryAdmins);
        return app?.Roles is not { } roles ? need
            : roles.Intersect(enough).FirstOrDefault() is { } held ? need with { State = NeedState.Met, Detail = $"The app's token carries {held}." }
            : need with { State = NeedState.Missing, Detail = $"The app's token does not carry it.{Later}" };
    }
}
