using CredRotation.Tests.Hosts;

namespace CredRotation.Tests.Infra;

[Collection(CompiledInfra.Collection)]
public sealed class The_runbooks_in_the_template(CompiledInfra infra)
{
    private const string Type = "Microsoft.Automation/automationAccounts/runbooks";

    [Fact]
    public void Are_the_files_of_their_folder()
    {
        var folder = Path.Combine(Repository.Root, "infra", "runbooks");
        var files = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.ps1").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()] : Array.Empty<string>();
        var planned = infra.Most.OfType(Type).Select(runbook => PlannedDeployment.NameOf(runbook).Split('/')[^1]).Order().ToList();

        Assert.Contains("Watch-CredRotation", planned);
        if (files.Length > 0) Assert.Equal(files, planned);
    }

    [Fact]
    public void Run_in_PowerShell_7_with_an_identity_of_their_own()
    {
        var account = infra.Most.Only("Microsoft.Automation/automationAccounts");
        var shell = infra.Most.Only("Microsoft.Automation/automationAccounts/runtimeEnvironments");

        Assert.Equal("SystemAssigned", account.GetProperty("identity").GetProperty("type").GetString());
        Assert.Equal("7.4", PlannedDeployment.Properties(shell).GetProperty("runtime").GetProperty("version").GetString());
        Assert.All(infra.Most.OfType(Type), runbook => Assert.Equal(PlannedDeployment.NameOf(shell).Split('/')[^1], PlannedDeployment.Properties(runbook).GetProperty("runtimeEnvironment").GetString()));
    }

    [Fact]
    public void Have_no_right_but_on_the_address_that_the_watchdog_posts_to()
    {
        Assert.Equal([CompiledInfra.WatchdogSecret], GrantsToRunbooks(infra.Most));
        Assert.Empty(GrantsToRunbooks(infra.Least));
    }

    [Fact]
    public void Are_watched_by_a_schedule_that_the_publishing_script_knows()
        => Assert.Contains(
            $"$ScheduleName = '{PlannedDeployment.NameOf(infra.Most.Only("Microsoft.Automation/automationAccounts/schedules")).Split('/')[^1]}'",
            File.ReadAllText(Path.Combine(Repository.Root, "infra", "publish-runbooks.ps1")), StringComparison.Ordinal);

    private static IEnumerable<string> GrantsToRunbooks(PlannedDeployment plan)
        => plan.Grants().Where(grant => PlannedDeployment.Properties(grant.Assignment).GetProperty("principalId").GetString()!.Contains("automationAccounts", StringComparison.OrdinalIgnoreCase)).Select(grant => grant.Scope);
}
