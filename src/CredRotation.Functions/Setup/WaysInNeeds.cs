using System.Globalization;
using CredRotation.Adapters.Teams;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Health;
using CredRotation.Engine.Setup;
using CredRotation.Functions.Access;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions.Setup;

/// <summary>What lets the world reach the app and the app reach people: sign-in, page addresses, event subscriptions, dead letters, Teams.</summary>
internal sealed class WaysInNeeds(IConfiguration configuration, EventsHeard heard, DeliveryProof delivery, IOptions<RotationOptions> rotation, IOptions<TeamsOptions> teams) : ISetupProbe
{
    private const string Deployer = "Whoever deploys the app";

    public async Task<IReadOnlyList<Need>> ProbeAsync(CancellationToken cancellationToken)
    {
        List<Need> needs = [SignIn(), Pages(), await TeamsAsync(cancellationToken)];
        foreach (var host in rotation.Value.Vaults.Select(SecretName.HostOf)) needs.Add(await EventsAsync(host, cancellationToken));
        needs.Add(DeadLetter());
        return needs;
    }

    private Need SignIn()
    {
        var isOn = bool.TryParse(configuration[CallerReader.AuthEnabledSetting], out var enabled) && enabled;
        return new Need("sign-in", isOn ? NeedState.Met : NeedState.Missing,
            isOn ? "The platform signs people in." : "App Service authentication is off, so everybody is anonymous.",
            "Nobody can open a page, approve, choose, or start a runbook. Rotations that need nobody's answer go on.",
            "pwsh infra/consent/New-SignIn.ps1 -AppUri https://<app>/ -IdentityPrincipalId <object id of the app's managed identity>", "Whoever may register applications in the directory");
    }

    private Need Pages()
        => new("address of the pages", rotation.Value.PagesBaseUri is null ? NeedState.Missing : NeedState.Met,
            rotation.Value.PagesBaseUri is { } address ? $"Links lead to {address.Host}." : "Rotation:PagesBaseUri is not set.",
            "The link of every card leads nowhere.", "az functionapp config appsettings set --settings Rotation__PagesBaseUri=https://<app>/ --name <app> --resource-group <group>", Deployer);

    private async Task<Need> TeamsAsync(CancellationToken cancellationToken)
    {
        var need = new Need("messages in Teams", NeedState.Missing, "Teams:DefaultWebhook is not set.", "Nobody is told of anything, unless Mail:Sender is set.",
            "az functionapp config appsettings set --settings \"Teams__DefaultWebhook=@Microsoft.KeyVault(SecretUri=https://<vault>/secrets/<name>)\" --name <app> --resource-group <group>", Deployer);
        if (teams.Value.DefaultWebhook is null && teams.Value.Webhooks.Count == 0) return need;

        try
        {
            return await delivery.LastAsync(cancellationToken) is var (on, by)
                ? need with { State = NeedState.Met, Command = null, Detail = string.Create(CultureInfo.InvariantCulture, $"{by} typed back a code on {on:yyyy-MM-dd}.") }
                : need with { State = NeedState.Unknown, Command = null, WhoMayGrant = "An operator", Detail = "An address is set. Accepted is not delivered: send a test code on this page and type it back." };
        }
        catch (RemoteTroubleException trouble)
        {
            return need with { State = NeedState.Unknown, Command = null, Detail = trouble.Message };
        }
    }

    private async Task<Need> EventsAsync(string host, CancellationToken cancellationToken)
    {
        // A subscription tells only of versions made after it: silence is no proof of its absence.
        var need = new Need($"events of {host}", NeedState.Unknown, "No event was heard yet. Events tell only of versions made after their subscription: write a new version of any secret there to see one.",
            "Nothing is lost: the sweep finds everything, up to its interval later.", "azd env set VAULT_IDS <resource ids of all watched vaults> -C infra && azd provision -C infra", "Whoever may create system topics on the vault");
        try
        {
            return await heard.LastAsync(host, cancellationToken) is { } on
                ? need with { State = NeedState.Met, Command = null, Detail = string.Create(CultureInfo.InvariantCulture, $"The last one was heard on {on:yyyy-MM-dd HH:mm} UTC.") }
                : need;
        }
        catch (RemoteTroubleException trouble)
        {
            return need with { Detail = trouble.Message };
        }
    }

    private static Need DeadLetter()
        => new("dead letters of events", NeedState.Unknown, "Where a subscription puts what it cannot deliver is not visible to the app, which has no role on it.",
            "An event that cannot be delivered for a day is dropped unseen. The sweep still finds what it told of.",
            "az eventgrid system-topic event-subscription show --name <subscription> --system-topic-name <topic> --resource-group <group> --query deadLetterWithResourceIdentity", "Whoever may read the system topic");
}
