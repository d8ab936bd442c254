using System.Text.Json;
using System.Text.RegularExpressions;
using CredRotation.Tests.Hosts;

namespace CredRotation.Tests.Infra;

[Collection(CompiledInfra.Collection)]
public sealed partial class The_bicep_files(CompiledInfra infra)
{
    private static readonly string s_infra = Path.Combine(Repository.Root, "infra");

    [Fact]
    public void Compile_and_lint_without_a_word() => Assert.Equal("", infra.Diagnostics);

    [Fact]
    public void Can_be_planned_for_one_vault_and_for_many()
    {
        Assert.Empty(infra.Least.Diagnostics);
        Assert.Empty(infra.Most.Diagnostics);
    }

    [Fact]
    public void Take_no_parameter_that_the_readme_does_not_explain()
    {
        var read = VariablePattern().Matches(File.ReadAllText(Path.Combine(s_infra, "main.bicepparam"))).Select(match => match.Groups[1].Value);
        var readme = File.ReadAllText(Path.Combine(s_infra, "README.md"));

        // azd asks for these two itself.
        Assert.DoesNotContain(read.Except(["AZURE_ENV_NAME", "AZURE_LOCATION"]), name => !readme.Contains($"`{name}`", StringComparison.Ordinal));
    }

    [Fact]
    public void Are_where_azd_looks_for_them()
    {
        var azd = File.ReadAllLines(Path.Combine(s_infra, "azure.yaml")).Select(line => line.Trim()).ToList();
        var service = azd[azd.IndexOf("services:") + 1].TrimEnd(':');
        var project = azd.Single(line => line.StartsWith("project: ", StringComparison.Ordinal))["project: ".Length..];

        Assert.Contains("path: .", azd);
        Assert.True(File.Exists(Path.Combine(s_infra, project, "CredRotation.Functions.csproj")));
        Assert.Equal(service, infra.Least.Only("Microsoft.Web/sites").GetProperty("tags").GetProperty("azd-service-name").GetString());
        Assert.Equal("demo", infra.Least.Only("Microsoft.Resources/resourceGroups").GetProperty("tags").GetProperty("azd-env-name").GetString());
    }

    [Fact]
    public void Take_further_settings_only_by_names_that_exist()
    {
        var settings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_infra, "settings.json"))).RootElement;

        Assert.DoesNotContain(settings.EnumerateObject(), setting => !setting.Name.Contains("__", StringComparison.Ordinal) || setting.Value.ValueKind != JsonValueKind.String);
    }

    [GeneratedRegex(@"readEnvironmentVariable\('([A-Z_]+)'")]
    private static partial Regex VariablePattern();
}
