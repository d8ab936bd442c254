using CredRotation.Functions.Access;
using CredRotation.Tests.Hosts;

namespace CredRotation.Tests.Infra;

public sealed class The_consent_scripts
{
    private static readonly string s_infra = Path.Combine(Repository.Root, "infra");

    public static TheoryData<string> Scripts => ["consent/Grant-GraphPermissions.ps1", "consent/New-SignIn.ps1", "publish-runbooks.ps1"];

    /// <summary>How a registration comes by a secret.</summary>
    private static readonly string[] s_secrets = ["addPassword", "passwordCredentials", "credential reset", "keyCredentials", "ConvertTo-SecureString"];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Say_what_they_would_do_before_they_do_it(string script)
    {
        var text = File.ReadAllText(Path.Combine(s_infra, script));

        Assert.StartsWith("#Requires -Version 7", text, StringComparison.Ordinal);
        Assert.Contains(".SYNOPSIS", text, StringComparison.Ordinal);
        Assert.Contains("SupportsShouldProcess", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n').Where(line => Changes(line) && !line.Contains("function ", StringComparison.Ordinal)), line => Assert.Contains("$PSCmdlet.ShouldProcess(", Before(text, line), StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Make_no_secret(string script)
        => Assert.All(s_secrets, trace => Assert.DoesNotContain(trace, File.ReadAllText(Path.Combine(s_infra, script)), StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void Know_the_roles_of_the_code()
    {
        var text = File.ReadAllText(Path.Combine(s_infra, "consent", "New-SignIn.ps1"));

        Assert.Contains($"value = '{Caller.OperatorRole}'", text, StringComparison.Ordinal);
        Assert.Contains($"value = '{Caller.AuditorRole}'", text, StringComparison.Ordinal);
    }

    private static bool Changes(string line) => line.Contains("Send-Graph p", StringComparison.Ordinal) || line.Contains("--method p", StringComparison.Ordinal) || line.Contains("--method delete", StringComparison.Ordinal);

    /// <summary>The lines of the block that a line stands in, up to it.</summary>
    private static string Before(string text, string line)
    {
        var lines = text.Split('\n');
        return string.Join('\n', lines.Take(Array.IndexOf(lines, line) + 1).TakeLast(25));
    }
}
