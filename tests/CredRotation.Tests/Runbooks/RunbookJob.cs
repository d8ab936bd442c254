using System.Management.Automation;
using System.Management.Automation.Runspaces;
using CredRotation.Tests.Hosts;

namespace CredRotation.Tests.Runbooks;

/// <summary>A runbook that ran to its end: what it put out, how it failed, and every word on every stream.</summary>
public sealed record RunbookJob(IReadOnlyList<PSObject> Output, string? Failure, string Everything)
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "infra", "runbooks");

    private static readonly (string Name, Type Cmdlet)[] s_standIns =
    [
        ("Invoke-WebRequest", typeof(InvokeWebRequestStandIn)),
        ("ConvertFrom-Json", typeof(ConvertFromJsonStandIn)),
        ("ConvertTo-Json", typeof(ConvertToJsonStandIn)),
        ("Write-Output", typeof(WriteOutputStandIn)),
        ("Write-Warning", typeof(WriteWarningStandIn)),
        ("Sort-Object", typeof(SortObjectStandIn)),
        ("Select-Object", typeof(SelectObjectStandIn)),
        ("Start-Sleep", typeof(StartSleepStandIn)),
    ];

    /// <summary>The cmdlets beside the engine's own that a runbook may use here.</summary>
    public static IEnumerable<string> StandIns => s_standIns.Select(standIn => standIn.Name);

    /// <summary>Runs a runbook as Automation does, with verbose and debug lines on, so that what they would tell is seen.</summary>
    public static async Task<RunbookJob> RunAsync(string name, IReadOnlyDictionary<string, object> parameters, IReadOnlyDictionary<string, string> environment, HttpClient transport, CancellationToken cancellationToken)
    {
        using var runspace = RunspaceFactory.CreateRunspace(Session(environment, transport));
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        shell.AddCommand(Path.Combine(Folder, $"{name}.ps1"));
        foreach (var (parameter, value) in parameters) shell.AddParameter(parameter, value);

        using var output = new PSDataCollection<PSObject>();
        string? failure = null;
        try
        {
            using var stop = cancellationToken.Register(() => shell.BeginStop(null, null));
            await shell.InvokeAsync<PSObject, PSObject>(null, output);
        }
        catch (RuntimeException failed)
        {
            failure = failed.Message;
        }

        var streams = shell.Streams;
        var everything = string.Join('\n', output.Select(Words).Concat(streams.Error.Select(Words)).Concat(streams.Warning.Select(Words)).Concat(streams.Verbose.Select(Words))
            .Concat(streams.Debug.Select(Words)).Concat(streams.Information.Select(Words)).Concat(streams.Progress.Select(Words)).Append(failure ?? ""));
        return new RunbookJob([.. output], failure, everything);
    }

    public string Text => string.Join('\n', Output.Select(Words));

    private static string Words(object? record) => record switch
    {
        PSObject { BaseObject: PSCustomObject } made => string.Join("; ", made.Properties.Select(member => $"{member.Name}={member.Value}")),
        ErrorRecord error => $"{error} {error.Exception} {error.TargetObject} {error.InvocationInfo?.Line}",
        _ => record?.ToString() ?? "",
    };

    private static InitialSessionState Session(IReadOnlyDictionary<string, string> environment, HttpClient transport)
    {
        var session = InitialSessionState.CreateDefault2();
        foreach (var (name, cmdlet) in s_standIns) session.Commands.Add(new SessionStateCmdletEntry(name, cmdlet, null));
        session.Providers.Remove("Environment", typeof(SessionStateProviderEntry));
        session.Providers.Add(new SessionStateProviderEntry("Environment", typeof(JobEnvironment), null));
        foreach (var (name, value) in new (string, object)[] { (JobEnvironment.Variables, environment), (InvokeWebRequestStandIn.Transport, transport), ("VerbosePreference", ActionPreference.Continue), ("DebugPreference", ActionPreference.Continue) })
            session.Variables.Add(new SessionStateVariableEntry(name, value, null));
        return session;
    }
}
