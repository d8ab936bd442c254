namespace CredRotation.Functions.Access;

/// <summary>The HTTP calls that exist; each has one row in <see cref="AuthorizationTable"/> and one function of the same name.</summary>
public enum EndpointName
{
    ListCredentials,
    ShowCredential,
    AcknowledgeReminder,
    Adopt,
    AdoptMany,
    Release,
    ReleaseByForm,
    Rehearse,
    StartRotation,
    ShowRotation,
    ShowEvidence,
    ApproveRotation,
    RejectRotation,
    ChooseInHold,
    RollBackRotation,
    HandIn,
    Acknowledge,
    ReportFailure,
    RenewLease,
    OpenPage,
    ShowHealth,
    ShowSetup,
    SendTestCode,
    TypeTestCode,
}
