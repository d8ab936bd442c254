using CredRotation.Tests.Hosts;

namespace CredRotation.Tests.Client;

/// <summary>What the package's README promises of the sample, which the solution compiles.</summary>
public sealed class The_sample_app
{
    private static readonly string s_source = Path.Combine(Repository.Root, "src");

    [Fact]
    public void Has_fewer_than_forty_lines_and_the_one_that_the_README_shows()
    {
        var sample = File.ReadAllLines(Path.Combine(s_source, "CredRotation.Client.Sample", "Program.cs"));
        var shown = File.ReadAllText(Path.Combine(s_source, "CredRotation.Client", "README.md"));

        Assert.InRange(sample.Length, 10, 39);
        Assert.Contains("builder.AddRotatingCredential(\"Payments\");", sample);
        Assert.Contains("builder.AddRotatingCredential(\"Payments\");", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Stands_beside_a_README_that_names_every_setting()
    {
        var shown = File.ReadAllText(Path.Combine(s_source, "CredRotation.Client", "README.md"));

        Assert.All(typeof(CredRotation.Client.RotatingCredentialSettings).GetProperties().Select(property => property.Name), name => Assert.Contains($"`{name}`", shown, StringComparison.Ordinal));
    }
}
