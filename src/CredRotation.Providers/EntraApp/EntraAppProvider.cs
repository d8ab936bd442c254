using System.Globalization;
using CredRotation.Engine;
using CredRotation.Providers.Http.Requests;
using Microsoft.Graph.Models;

namespace CredRotation.Providers.EntraApp;

/// <summary>
/// Client secrets of an app registration: added and removed by the app's own identity through Microsoft Graph, and probed by a token that is asked
/// for with the secret itself. The target is the application (client) id.
/// </summary>
internal sealed class EntraAppProvider(GraphApplications applications, TokenProbe tokens, HttpExchange exchange) : ICredentialProvider
{
    public const string KindName = "entra-app-secret";

    private const string TenantName = "tenantId", LifetimeName = "lifetimeMaxDays";
    private const int HintLength = 3, MarkerLengthMax = 200;

    // 4 to 18 seconds were seen, and a Microsoft team allows two minutes; the directory replicates within minutes.
    private static readonly TimeSpan s_propagation = TimeSpan.FromMinutes(2), s_end = TimeSpan.FromMinutes(5);

    public string Kind => KindName;

    public string Configuration => """{"provider":"entra-app-secret","version":1}""";

    public IReadOnlyList<string> SecretNames => [];

    public ProviderFacts Facts { get; } = new(ProviderGroup.Azure, ProviderStatus.Contract,
        ["Microsoft Graph, for the app's identity: Application.ReadWrite.OwnedBy, as an owner of the application; or Application.ReadWrite.All"],
        "Microsoft Graph v1.0, application: addPassword and removePassword; Microsoft Entra, OAuth 2.0 client credentials flow", new DateOnly(2026, 11, 22));

    public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => new()
    {
        Topology = Topology.Overlap,
        IssueReplay = IssueReplay.None,
        OldValidity = OldValidity.UntilRetired,
        RetireBy = RetireBy.Id,
        CanList = true,
        ListSettle = s_propagation,
        ActivationDelayMax = s_propagation,
        RetireDelayMax = s_end,
        LifetimeMax = Days(parameters) is { } days ? TimeSpan.FromDays(days) : null,
    };

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters)
    {
        foreach (var name in parameters.Keys.Where(name => name is not (TenantName or LifetimeName)).Order(StringComparer.Ordinal))
            yield return $"{name} is not known to {KindName}. Remove it, or use one of {TenantName}, {LifetimeName}.";
        if (Id(parameters.GetValueOrDefault(TenantName)) is null) yield return $"{TenantName} must name the tenant for {KindName}. Set it to the tenant's id (a GUID).";
        if (parameters.ContainsKey(LifetimeName) && Days(parameters) is null) yield return $"{LifetimeName} is not usable by {KindName}. Set it to what the tenant's app management policy allows, 1 to 730 days, or leave it out.";
    }

    public async Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        if (Id(target.Target) is not { } app) return new TargetOutcome.Unreadable("target-is-no-application-id", null);

        var answer = await applications.ReadAsync(app, cancellationToken);
        return answer.IsSuccess ? new TargetOutcome.Readable(null)
            : answer.IsLater ? new TargetOutcome.Throttled(After(answer), null)
            : answer.IsRefused ? new TargetOutcome.Unreadable(answer.Code, null)
            : new TargetOutcome.Unknown(answer.Words, null);
    }

    public async Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken)
    {
        if (Id(target.Target) is not { } app) return new IssueOutcome.Rejected("target-is-no-application-id");

        var answer = await applications.AddPasswordAsync(app, ticket.Marker, ticket.ExpiresOn, cancellationToken);
        if (answer.IsSuccess)
        {
            return answer.Value is { SecretText: { Length: > 0 } text, KeyId: { } keyId } made
                ? new IssueOutcome.Issued(new SecretText(text), KeyIdText(keyId), made.EndDateTime, null)
                : new IssueOutcome.Unknown("Microsoft Graph answered with success and without a usable secret.");
        }

        return answer.IsFull ? new IssueOutcome.NoCapacity(answer.Code)
            : answer.IsLater ? new IssueOutcome.Throttled(After(answer))
            : answer.IsRefused ? new IssueOutcome.Rejected(answer.Code)
            : new IssueOutcome.Unknown(answer.Words);
    }

    public async Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken)
    {
        if (Id(target.Target) is not { } app || Id(target.Parameters.GetValueOrDefault(TenantName)) is not { } tenant) return new ProbeOutcome.Unknown("Nothing was sent: the target or the tenant is no id.", null);

        switch (await tokens.AskAsync(tenant, app, candidate.Value, cancellationToken))
        {
            case TokenVerdict.Given given when !Same(given.App, app) || !Same(given.Tenant, tenant):
                return new ProbeOutcome.WrongIdentity("The secret is accepted, but its token is of another application or tenant.", given.RemoteDate);
            case TokenVerdict.Given given:
                return new ProbeOutcome.Works($"{tenant}/{app}", given.RemoteDate) { CredentialId = await FindKeyIdAsync(app, candidate.Value, cancellationToken) };
            case TokenVerdict.Refused refused:
                return new ProbeOutcome.Refused(refused.RemoteDate);
            case TokenVerdict.Later later:
                return new ProbeOutcome.Throttled(later.After, later.RemoteDate);
            case var unclear:
                return new ProbeOutcome.Unknown(((TokenVerdict.Unclear)unclear).Words, unclear.RemoteDate);
        }
    }

    public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
    {
        if (Id(target.Target) is not { } app) return new RetireOutcome.Rejected("target-is-no-application-id");
        if (!Guid.TryParseExact(ticket.Id, "D", out var keyId)) return new RetireOutcome.Rejected("key-id-unknown");

        var answer = await applications.RemovePasswordAsync(app, keyId, cancellationToken);
        if (answer.IsSuccess) return new RetireOutcome.Retired();
        if (answer.IsLater) return new RetireOutcome.Throttled(After(answer));
        if (!answer.IsRefused) return new RetireOutcome.Unknown(answer.Words);

        // Graph words "there is none" like any other bad request, so only the list can say that it is gone.
        return answer.Status is 400 or 404 && await applications.ReadAsync(app, cancellationToken) is { IsSuccess: true, Value.PasswordCredentials: { } listed } && listed.All(password => password.KeyId != keyId)
            ? new RetireOutcome.AlreadyGone()
            : new RetireOutcome.Rejected(answer.Code);
    }

    // The list shows markers, and the engine judges it: no call can read a value again.
    public Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => Task.FromResult<RecoverOutcome>(new RecoverOutcome.Indeterminate());

    public async Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken)
    {
        if (Id(target.Target) is not { } app) throw new RemoteTroubleException("directory", RemoteTrouble.BadRequest, "The list was not asked for: the target is no application id.");

        var answer = await applications.ReadAsync(app, cancellationToken);
        if (answer.IsLater) throw new RemoteTroubleException("directory", RemoteTrouble.Throttled, "Microsoft Graph asks to come back later.", After(answer));
        if (answer.IsRefused) throw new RemoteTroubleException("directory", RemoteTrouble.Denied, $"Microsoft Graph does not let the app's identity read the application ({answer.Code}). Grant Application.ReadWrite.OwnedBy and make the identity an owner of it.");
        if (answer.Value?.PasswordCredentials is not { } passwords || passwords.Any(password => password.KeyId is null)) throw new RemoteTroubleException("directory", RemoteTrouble.Unknown, $"The application's secrets could not be read. {answer.Words} Nothing was concluded from it.");

        return [.. passwords.Select(password => new ListedCredential(KeyIdText(password.KeyId!.Value), password.DisplayName is { Length: <= MarkerLengthMax } name ? name : null, password.StartDateTime))];
    }

    /// <summary>The accepted secret is one of the list, and the list shows how each begins: one alone that begins like it is it. Null otherwise.</summary>
    private async Task<string?> FindKeyIdAsync(string app, SecretText value, CancellationToken cancellationToken)
    {
        var answer = await applications.ReadAsync(app, cancellationToken);
        var passwords = answer.Value?.PasswordCredentials ?? [];
        // One without a hint could be it as well.
        if (passwords.Any(password => password.Hint is not { Length: HintLength } || password.KeyId is null)) return null;
        return passwords.Where(password => value.RevealToRemote().StartsWith(password.Hint!, StringComparison.Ordinal)).ToList() is [PasswordCredential only] ? KeyIdText(only.KeyId!.Value) : null;
    }

    private TimeSpan After<T>(GraphAnswer<T> answer) => answer.RetryAfter ?? exchange.DefaultRetryAfter;

    private static string KeyIdText(Guid keyId) => keyId.ToString("D", CultureInfo.InvariantCulture);

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static string? Id(string? text) => Guid.TryParseExact(text, "D", out var id) ? KeyIdText(id) : null;

    private static int? Days(IReadOnlyDictionary<string, string> parameters)
        => parameters.TryGetValue(LifetimeName, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days is >= 1 and <= 730 ? days : null;
}
