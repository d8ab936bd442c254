using System.Text.Json;
using System.Text.RegularExpressions;

namespace CredRotation.Tests.Infra;

[Collection(CompiledInfra.Collection)]
public sealed partial class The_alerts(CompiledInfra infra)
{
    /// <summary>Metrics that the app's meter has, by their names in Log Analytics.</summary>
    private static readonly string[] s_metrics = ["credrotation.heartbeat", "credrotation.hold", "credrotation.incident", "credrotation.poison"];

    private static readonly string[] s_once = ["-health", "-heartbeat", "-hold", "-incident", "-poison", "-poison-seen-by-storage", "-staging-vault-touched", "-failed-job"];

    private static readonly string[] s_perVault = ["-DeadLetteredCount", "-DroppedEventCount", "-DeliveryAttemptFailCount"];

    /// <summary>Columns that the table AppMetrics has, as far as they are used.</summary>
    private static readonly string[] s_columns = ["Name", "Sum", "Properties", "TimeGenerated"];

    [Fact]
    public void Have_an_action_group_a_severity_and_say_what_happened()
        => Assert.All(infra.Most.Alerts(), alert =>
        {
            var properties = PlannedDeployment.Properties(alert);
            var group = PlannedDeployment.NameOf(infra.Most.Only("Microsoft.Insights/actionGroups"), "id");
            Assert.Contains($"\"{group}\"", properties.GetProperty("actions").GetRawText(), StringComparison.Ordinal);
            Assert.InRange(properties.GetProperty("severity").GetInt32(), 0, 3);
            Assert.True(properties.GetProperty("enabled").GetBoolean());
            Assert.StartsWith("CredRotation: ", properties.GetProperty("description").GetString(), StringComparison.Ordinal);
        });

    [Fact]
    public void Cover_what_can_go_wrong()
    {
        var names = infra.Most.Alerts().Select(alert => PlannedDeployment.NameOf(alert)).ToList();

        Assert.All(s_once, alert => Assert.Single(names, name => name.EndsWith(alert, StringComparison.Ordinal)));
        Assert.All(s_perVault, metric => Assert.Equal(2, names.Count(name => name.EndsWith(metric, StringComparison.Ordinal))));
        Assert.Equal(0, PlannedDeployment.Properties(Log("-incident")).GetProperty("severity").GetInt32());
    }

    [Fact]
    public void Ask_health_from_outside_and_share_nothing_with_the_app()
    {
        var test = PlannedDeployment.Properties(infra.Most.Only("Microsoft.Insights/webtests"));

        Assert.Contains("api/health", test.GetProperty("Request").GetProperty("RequestUrl").GetString(), StringComparison.Ordinal);
        Assert.Equal("GET", test.GetProperty("Request").GetProperty("HttpVerb").GetString());
        Assert.Equal(200, test.GetProperty("ValidationRules").GetProperty("ExpectedHttpStatusCode").GetInt32());
        var alert = Assert.Single(infra.Most.OfType("Microsoft.Insights/metricAlerts"), alert => PlannedDeployment.NameOf(alert).EndsWith("-health", StringComparison.Ordinal));
        Assert.Equal("Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria", PlannedDeployment.Properties(alert).GetProperty("criteria").GetProperty("odata.type").GetString());
        Assert.Equal(2, PlannedDeployment.Properties(alert).GetProperty("criteria").GetProperty("failedLocationCount").GetInt32());
    }

    [Fact]
    public void Hear_silence()
    {
        var query = QueryOf(Log("-heartbeat"));
        var hearts = HeartPattern().Matches(query).Select(match => match.Groups[1].Value).ToList();

        // A count without "by" has a row, of zero, when the table has none; "by" would make silence look like nothing to report.
        Assert.Equal(["sweep", "wake"], hearts.Distinct().Order());
        Assert.Equal(hearts.Distinct().Count(), CountPattern().Count(query));
        Assert.DoesNotContain(" by ", query, StringComparison.Ordinal);
        Assert.EndsWith("| where Beats == 0", query.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal("PT3H", PlannedDeployment.Properties(Log("-heartbeat")).GetProperty("windowSize").GetString());
    }

    [Fact]
    public void Read_metrics_and_columns_that_exist()
    {
        var queries = infra.Most.OfType("Microsoft.Insights/scheduledQueryRules").Select(QueryOf).Where(query => query.Contains("AppMetrics", StringComparison.Ordinal)).ToList();

        Assert.Equal(s_metrics, queries.SelectMany(query => MetricPattern().Matches(query)).Select(match => match.Groups[1].Value).Order());
        Assert.All(queries.SelectMany(query => ColumnPattern().Matches(query)), column => Assert.Contains(column.Value, s_columns));
    }

    [Fact]
    public void Announce_events_once_and_miss_none()
        => Assert.All(infra.Most.OfType("Microsoft.Insights/scheduledQueryRules").Where(rule => !PlannedDeployment.NameOf(rule).EndsWith("-heartbeat", StringComparison.Ordinal)).Select(PlannedDeployment.Properties), rule =>
        {
            Assert.False(rule.GetProperty("autoMitigate").GetBoolean());
            Assert.Equal(rule.GetProperty("windowSize").GetString(), rule.GetProperty("muteActionsDuration").GetString());
        });

    [Fact]
    public void Group_by_columns_that_their_query_yields()
        => Assert.All(infra.Most.OfType("Microsoft.Insights/scheduledQueryRules"), rule =>
        {
            foreach (var dimension in PlannedDeployment.Properties(rule).GetProperty("criteria").GetProperty("allOf")[0].GetProperty("dimensions").EnumerateArray())
                Assert.Contains(PlannedDeployment.NameOf(dimension), QueryOf(rule), StringComparison.Ordinal);
        });

    private JsonElement Log(string name) => Assert.Single(infra.Most.OfType("Microsoft.Insights/scheduledQueryRules"), rule => PlannedDeployment.NameOf(rule).EndsWith(name, StringComparison.Ordinal));

    private static string QueryOf(JsonElement rule) => PlannedDeployment.Properties(rule).GetProperty("criteria").GetProperty("allOf")[0].GetProperty("query").GetString()!;

    [GeneratedRegex("Heart = '([a-z]+)'")]
    private static partial Regex HeartPattern();

    [GeneratedRegex(@"summarize Beats = countif\(Sum > 0\)")]
    private static partial Regex CountPattern();

    [GeneratedRegex("'(credrotation\\.[a-z]+)'")]
    private static partial Regex MetricPattern();

    [GeneratedRegex(@"(?<=where |sum\(|countif\(|tostring\(|and )(Name|Sum|Value|Count|ItemCount|Properties|CustomDimensions|customDimensions|TimeGenerated|Timestamp|timestamp|valueSum)\b")]
    private static partial Regex ColumnPattern();
}
