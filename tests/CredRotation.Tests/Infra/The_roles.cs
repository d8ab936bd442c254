using CredRotation.Tests.Hosts;

namespace CredRotation.Tests.Infra;

[Collection(CompiledInfra.Collection)]
public sealed class The_roles(CompiledInfra infra)
{
    private const string Reader = "21090545-7ca7-4776-b22c-e363652d74d2";
    private const string Officer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
    private const string SecretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
    private const string MessageSender = "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a";
    private const string BlobContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";

    /// <summary>Written by hand: the only roles that may ever be assigned. All are data roles; none manages anything or grants access.</summary>
    private static readonly Dictionary<string, string> s_allowed = new()
    {
        [Reader] = "Key Vault Reader",
        [Officer] = "Key Vault Secrets Officer",
        [SecretsUser] = "Key Vault Secrets User",
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        [BlobContributor] = "Storage Blob Data Contributor",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        [MessageSender] = "Storage Queue Data Message Sender",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "Storage Table Data Contributor",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
        ["d5a91429-5739-47e2-a06b-3470a27159e7"] = "EventGrid Data Sender",
    };

    private static readonly string[] s_grantingModules = ["storage", "staging", "telemetry", "teamsAccess"];

    [Fact]
    public void Are_the_few_that_are_allowed_and_all_in_the_readme()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "infra", "README.md"));
        var assigned = infra.Most.Grants().Select(grant => grant.Role).Distinct().ToList();

        Assert.Equal(s_allowed.Keys.Order(), assigned.Order());
        Assert.All(s_allowed.Values, role => Assert.Contains(role, readme, StringComparison.Ordinal));
    }

    [Fact]
    public void Are_never_made_here()
        => Assert.DoesNotContain(AllTypes(), type => type.Contains("roleDefinitions", StringComparison.OrdinalIgnoreCase) || type.Contains("accessPolicies", StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void Say_why_they_are_given()
        => Assert.All(infra.Most.Grants(), grant => Assert.StartsWith("CredRotation", PlannedDeployment.Properties(grant.Assignment).GetProperty("description").GetString(), StringComparison.Ordinal));

    [Fact]
    public void Are_named_by_scope_identity_and_role_so_that_a_repeat_finds_them()
        => Assert.All(infra.Most.Grants(), grant =>
        {
            var name = PlannedDeployment.NameOf(grant.Assignment);
            Assert.StartsWith($"[guid('{grant.Scope}', ", name, StringComparison.Ordinal);
            Assert.EndsWith($", '{grant.Role}')]", name, StringComparison.Ordinal);
            Assert.Equal("ServicePrincipal", PlannedDeployment.Properties(grant.Assignment).GetProperty("principalType").GetString());
        });

    [Fact]
    public void Never_reach_a_whole_resource_group_or_subscription()
        => Assert.All(infra.Most.Grants(), grant => Assert.Contains("/providers/", grant.Scope, StringComparison.Ordinal));

    [Fact]
    public void On_watched_vaults_open_no_value_before_mode_Rotate()
    {
        Assert.Equal([Reader], RolesOn(infra.Least, CompiledInfra.WatchedVault));
        Assert.Equal([Reader, Officer], RolesOn(infra.Most, CompiledInfra.WatchedVault));
        Assert.Equal([Reader, Officer], RolesOn(infra.Most, CompiledInfra.OtherVault));
    }

    [Fact]
    public void On_the_staging_vault_are_the_apps_alone()
    {
        var staging = PlannedDeployment.NameOf(infra.Most.Only("Microsoft.KeyVault/vaults"), "id");
        var (role, _, assignment) = Assert.Single(infra.Most.Grants(), grant => grant.Scope == staging);

        Assert.Equal(Officer, role);
        Assert.Contains("userAssignedIdentities", PlannedDeployment.Properties(assignment).GetProperty("principalId").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void On_a_single_secret_are_given_for_that_secret_only()
        => Assert.Equal([CompiledInfra.ManagementSecret, CompiledInfra.TeamsSecret, CompiledInfra.WatchdogSecret], infra.Most.Grants().Where(grant => grant.Role == SecretsUser).Select(grant => grant.Scope).Order());

    [Fact]
    public void Of_a_topic_reach_its_queue_and_its_container_and_nothing_else()
    {
        var topics = infra.Most.Grants().Where(grant => PlannedDeployment.Properties(grant.Assignment).GetProperty("principalId").GetString()!.Contains("/systemTopics/", StringComparison.Ordinal)).ToList();

        Assert.Equal(4, topics.Count);
        Assert.All(topics, grant => Assert.True(
            (grant.Role == MessageSender && grant.Scope.EndsWith("/queueServices/default/queues/events", StringComparison.Ordinal))
            || (grant.Role == BlobContributor && grant.Scope.EndsWith("/blobServices/default/containers/deadletter", StringComparison.Ordinal))));
        Assert.DoesNotContain(infra.Least.Grants(), grant => grant.Role == MessageSender);
    }

    [Fact]
    public void Stand_before_the_app_starts()
    {
        var before = infra.Template.GetProperty("resources").GetProperty("app").GetProperty("dependsOn").EnumerateArray().Select(name => name.GetString()).ToList();

        Assert.All(s_grantingModules, module => Assert.Contains(module, before));
    }

    private IEnumerable<string> AllTypes() => infra.Least.Resources.Concat(infra.Most.Resources).Select(resource => PlannedDeployment.NameOf(resource, "type"));

    private static IEnumerable<string> RolesOn(PlannedDeployment plan, string scope) => plan.Grants().Where(grant => grant.Scope == scope).Select(grant => grant.Role);
}
