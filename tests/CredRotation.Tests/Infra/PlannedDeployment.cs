using System.Text.Json;
using System.Text.RegularExpressions;

namespace CredRotation.Tests.Infra;

/// <summary>Every resource that one set of parameters would make, in whichever resource group, as the compiler predicts it.</summary>
public sealed partial record PlannedDeployment(JsonElement Snapshot)
{
    public IReadOnlyList<JsonElement> Resources { get; } = [.. Snapshot.GetProperty("predictedResources").EnumerateArray()];

    public IReadOnlyList<string> Diagnostics { get; } = [.. Snapshot.GetProperty("diagnostics").EnumerateArray().Select(diagnostic => diagnostic.GetRawText())];

    public string Output(string name) => Snapshot.GetProperty("outputs").GetProperty(name).GetString()!;

    public IEnumerable<JsonElement> OfType(string type) => Resources.Where(resource => resource.GetProperty("type").GetString()!.Equals(type, StringComparison.OrdinalIgnoreCase));

    public JsonElement Only(string type) => Assert.Single(OfType(type));

    public JsonElement? Config(string name) => OfType("Microsoft.Web/sites/config").Where(config => NameOf(config).EndsWith($"/{name}", StringComparison.Ordinal)).Cast<JsonElement?>().SingleOrDefault();

    /// <summary>Role and scope of each assignment.</summary>
    public IEnumerable<(string Role, string Scope, JsonElement Assignment)> Grants()
        => from assignment in OfType("Microsoft.Authorization/roleAssignments")
           let scope = ScopePattern().Match(NameOf(assignment, "id")).Groups[1].Value
           select (assignment.GetProperty("properties").GetProperty("roleDefinitionId").GetString()!.Split('/')[^1], scope, assignment);

    public IEnumerable<JsonElement> Alerts() => OfType("Microsoft.Insights/metricAlerts").Concat(OfType("Microsoft.Insights/scheduledQueryRules"));

    public static string NameOf(JsonElement resource, string member = "name") => resource.GetProperty(member).GetString()!;

    public static JsonElement Properties(JsonElement resource) => resource.GetProperty("properties");

    [GeneratedRegex(@"^\[extensionResourceId\('([^']+)', 'Microsoft\.Authorization/roleAssignments', ")]
    private static partial Regex ScopePattern();
}
