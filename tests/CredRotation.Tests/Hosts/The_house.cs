using System.Xml.Linq;

namespace CredRotation.Tests.Hosts;

public sealed class The_house
{
    /// <summary>Who may import whom, written by hand.</summary>
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["Engine"] = [],
        ["Client"] = [],
        ["Client.Sample"] = ["Client"],
        ["Providers"] = ["Engine"],
        ["Adapters"] = ["Engine"],
        ["Pages"] = ["Engine"],
        ["Functions"] = ["Adapters", "Pages", "Providers"],
        ["EmbeddedHost"] = ["Adapters", "Pages", "Providers"],
        ["Testing"] = ["Engine"],
        ["Sandbox"] = ["Adapters", "Client", "EmbeddedHost", "Engine", "Pages", "Providers", "Testing"],
    };

    [Fact]
    public void Imports_one_way()
    {
        var projects = Repository.Sources("src", "*.csproj").ToDictionary(file => Path.GetFileNameWithoutExtension(file).Replace("CredRotation.", "", StringComparison.Ordinal), ReferencesOf);

        Assert.Equal(s_allowed.Keys.Order(), projects.Keys.Order());
        Assert.Empty(from project in projects
                     from reference in project.Value
                     where !s_allowed[project.Key].Contains(reference)
                     select $"{project.Key} -> {reference}");
    }

    [Fact]
    public void Lets_only_sandbox_and_tests_see_the_embedded_head()
        => Assert.Equal(["CredRotation.Sandbox"], from file in Repository.Sources("src", "*.csproj")
                                                  where ReferencesOf(file).Contains("EmbeddedHost")
                                                  select Path.GetFileNameWithoutExtension(file));

    [Fact]
    public void Has_no_condition_in_the_function_classes()
        => Assert.DoesNotContain(Repository.Sources("src/CredRotation.Functions", "*.cs"), file => File.ReadAllLines(file).Any(line => line.TrimStart().StartsWith("#if", StringComparison.Ordinal)));

    private static string[] ReferencesOf(string project)
        => [.. XDocument.Load(project).Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!).Replace("CredRotation.", "", StringComparison.Ordinal))];
}
