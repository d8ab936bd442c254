namespace CredRotation.Functions.Access;

/// <summary>The one table of who may do what; a call without a row does not exist.</summary>
public static class AuthorizationTable
{
    private static readonly string[] s_decision = ["planHash", "expectedState"];

    // What an operator's call does may be another thing: to release, it asks the owners.
    private const Roles ReleaseOrAsk = Roles.OwnerOfThis | Roles.Operator;

    public static IReadOnlyList<AuthorizationRow> Rows { get; } =
    [
        new(EndpointName.ListCredentials, "GET", "credentials", Subject.All, Roles.Owner | Roles.Operator | Roles.Auditor, [], []),
        new(EndpointName.ShowCredential, "GET", "credentials/{id}", Subject.Credential, Roles.Reader, [], []),
        new(EndpointName.AcknowledgeReminder, "POST", "credentials/{id}/acknowledge", Subject.Credential, Roles.OwnerOfThis | Roles.Reminded, ["version", "rung"], [], HasForm: true),
        new(EndpointName.Adopt, "POST", "adoptions", Subject.Named, ReleaseOrAsk, ["vault", "secret"], AdoptionReader.Members, HasForm: true) { Group = AdoptionReader.Owner, PerMinute = 30 },
        new(EndpointName.AdoptMany, "POST", "adoptions/bulk", Subject.Body, Roles.Operator, ["csv"], ["change"], HasForm: true) { Wide = "csv", PerMinute = 6 },
        new(EndpointName.Release, "DELETE", "adoptions/{id}", Subject.Credential, ReleaseOrAsk, ["reason"], []),
        new(EndpointName.ReleaseByForm, "POST", "adoptions/{id}/release", Subject.Credential, ReleaseOrAsk, ["reason"], [], HasForm: true),
        new(EndpointName.Rehearse, "POST", "rehearsals", Subject.Named, Roles.Reader, ["vault", "secret"], []) { PerMinute = 60 },
        new(EndpointName.StartRotation, "POST", "rotations", Subject.Body, Roles.Operator, ["vault", "secret", "reason"], [], HasForm: true) { PerMinute = 60 },
        new(EndpointName.ShowRotation, "GET", "rotations/{id}", Subject.Rotation, Roles.Reader, [], []),
        new(EndpointName.ShowEvidence, "GET", "rotations/{id}/evidence", Subject.Rotation, Roles.Reader, [], []),
        new(EndpointName.ApproveRotation, "POST", "rotations/{id}/approve", Subject.Rotation, Roles.OwnerOfThis, s_decision, ["choice"], HasForm: true),
        new(EndpointName.RejectRotation, "POST", "rotations/{id}/reject", Subject.Rotation, Roles.OwnerOfThis, s_decision, ["choice"], HasForm: true),
        new(EndpointName.ChooseInHold, "POST", "rotations/{id}/choose", Subject.Rotation, Roles.OwnerOfThis, [.. s_decision, "choice"], [], HasForm: true),
        new(EndpointName.RollBackRotation, "POST", "rotations/{id}/rollback", Subject.Rotation, Roles.OwnerOfThis, s_decision, ["choice"], HasForm: true),
        new(EndpointName.HandIn, "POST", "rotations/{id}/intake", Subject.Rotation, Roles.OwnerOfThis, ["token"], [], HasForm: true) { Sealed = "value", PerMinute = 10 },
        new(EndpointName.Acknowledge, "POST", "acknowledgements", Subject.Body, Roles.Consumer, ["rotation", "vault", "secret", "version", "instance", "firstSuccessOn"], []),
        new(EndpointName.ReportFailure, "POST", "failures", Subject.Body, Roles.Consumer, ["vault", "secret", "version", "instance", "what"], []),
        new(EndpointName.RenewLease, "POST", "leases", Subject.Body, Roles.Consumer, ["vault", "secret", "version", "instance"], ["leaving"]),
        new(EndpointName.OpenPage, "GET", "pages/{name}/{id?}", Subject.Page, Roles.Owner | Roles.Operator | Roles.Auditor | Roles.Reminded, [], []),
        new(EndpointName.ShowHealth, "GET", "health", Subject.All, Roles.Anybody, [], []),
        new(EndpointName.ShowSetup, "GET", "setup", Subject.Body, Roles.Operator | Roles.Auditor, [], []),
        new(EndpointName.SendTestCode, "POST", "setup/test-code", Subject.Body, Roles.Operator, [], [], HasForm: true) { PerMinute = 3 },
        new(EndpointName.TypeTestCode, "POST", "setup/delivery", Subject.Body, Roles.Operator, ["code"], [], HasForm: true) { PerMinute = 6 },
    ];

    public static AuthorizationRow Of(EndpointName name) => Rows.Single(row => row.Name == name);
}
