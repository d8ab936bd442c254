using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace CredRotation.Tests.Runbooks;

/// <summary>What every runbook keeps to, read from its text: it is executed elsewhere.</summary>
public sealed partial class A_runbook
{
    /// <summary>What a runbook may call beside its own functions: nothing of Az, nothing that starts, writes a file or shows to a host that is not there.</summary>
    private static readonly string[] s_allowed = [.. RunbookJob.StandIns, "Where-Object", "ForEach-Object", "Set-StrictMode"];

    /// <summary>Those that change something, and so must know -WhatIf.</summary>
    private static readonly string[] s_changing = ["New-Adoption", "Request-AdoptionRelease", "Start-Rotation", "Watch-CredRotation"];

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(RunbookJob.Folder, "*.ps1").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void Stands_in_the_table_and_in_the_list_of_six()
    {
        var readme = File.ReadAllText(Path.Combine(RunbookJob.Folder, "README.md"));

        Assert.Equal(["Get-ExpiringCredential", "Invoke-Rehearsal", "New-Adoption", "Request-AdoptionRelease", "Start-Rotation", "Watch-CredRotation"], Names.Select(row => row.Data));
        Assert.All(Names.Select(row => row.Data), name => Assert.Contains($"| [`{name}`]({name}.ps1) |", readme, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_parsed_without_an_error_for_the_version_it_names(string name)
    {
        var script = Parse(name);

        Assert.Equal(new Version(7, 2), script.ScriptRequirements.RequiredPSVersion);
        Assert.Empty(script.ScriptRequirements.RequiredModules);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Explains_itself_and_each_of_its_typed_parameters(string name)
    {
        var script = Parse(name);
        var help = script.GetHelpContent();

        Assert.All(new[] { help.Synopsis, help.Description, Assert.Single(help.Examples), Assert.Single(help.Outputs) }, text => Assert.False(string.IsNullOrWhiteSpace(text)));
        Assert.Equal(script.ParamBlock.Parameters.Select(parameter => parameter.Name.VariablePath.UserPath.ToUpperInvariant()).Order(), help.Parameters.Keys.Order());
        Assert.All(script.FindAll(node => node is ParameterAst, searchNestedScriptBlocks: true).Cast<ParameterAst>(), parameter => Assert.NotEmpty(parameter.Attributes.OfType<TypeConstraintAst>()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Knows_what_if_where_it_changes_something(string name)
    {
        var script = Parse(name);
        var binding = script.ParamBlock.Attributes.Single(attribute => attribute.TypeName.Name == "CmdletBinding");

        Assert.Equal(s_changing.Contains(name), binding.NamedArguments.Any(argument => argument.ArgumentName == "SupportsShouldProcess"));
        Assert.Equal(s_changing.Contains(name), script.Extent.Text.Contains("$PSCmdlet.ShouldProcess(", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Calls_only_what_is_allowed(string name)
    {
        var script = Parse(name);
        var own = script.FindAll(node => node is FunctionDefinitionAst, searchNestedScriptBlocks: true).Cast<FunctionDefinitionAst>().Select(function => function.Name).ToList();
        var called = script.FindAll(node => node is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>().ToList();

        // A call without a name would be one through a variable or a path.
        Assert.All(called, call => Assert.NotNull(call.GetCommandName()));
        Assert.Empty(called.Select(call => call.GetCommandName()).Except(own).Except(s_allowed));
        Assert.Empty(own.Except(called.Select(call => call.GetCommandName())));
        Assert.All(own, function => Assert.Matches("^(Assert|ConvertFrom|ConvertTo|Format|Get|Invoke|New|Read|Send|Test)-[A-Z][A-Za-z]+$", function));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Tells_no_web_call_to_be_verbose_and_follows_no_redirection(string name)
    {
        var calls = Parse(name).FindAll(node => node is CommandAst command && command.GetCommandName() == "Invoke-WebRequest", searchNestedScriptBlocks: true).ToList();

        Assert.NotEmpty(calls);
        Assert.All(calls, call =>
        {
            Assert.EndsWith("-Verbose:$false -Debug:$false", call.Extent.Text, StringComparison.Ordinal);
            if (!call.Extent.Text.Contains("@call", StringComparison.Ordinal)) Assert.Matches("-SkipHttpErrorCheck -MaximumRedirection 0 .*-TimeoutSec", call.Extent.Text);
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_strict_and_holds_no_secret(string name)
    {
        var text = Parse(name).Extent.Text;

        Assert.Contains("Set-StrictMode -Version 3.0\n$ErrorActionPreference = 'Stop'\n", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(SecretLike(), text);
        Assert.DoesNotContain("\t", text, StringComparison.Ordinal);
    }

    /// <summary>Automation runs no script beside another, so what they share stands in each.</summary>
    [Theory]
    [InlineData("# --- The same in every runbook, since", "# --- End of what is the same in every runbook. ---", 6)]
    [InlineData("# --- The same in every runbook that calls the app as itself;", "# --- End of what is the same in those. ---", 5)]
    [InlineData("# --- The same in every runbook that shows times;", "# --- End of what is the same for times. ---", 2)]
    public void Shares_what_is_the_same_in_every_file_that_has_it(string start, string end, int files)
    {
        var blocks = Names.Select(row => File.ReadAllText(Path.Combine(RunbookJob.Folder, $"{row.Data}.ps1"))).Where(text => text.Contains(start, StringComparison.Ordinal)).Select(text => Between(text, start, end)).ToList();

        Assert.Equal(files, blocks.Count);
        Assert.Single(blocks.Distinct());
    }

    private static string Between(string text, string start, string end)
    {
        var from = text.IndexOf(start, StringComparison.Ordinal);
        var to = text.IndexOf(end, StringComparison.Ordinal);
        Assert.True(from >= 0 && to > from);
        return text[from..to];
    }

    private static ScriptBlockAst Parse(string name)
    {
        var script = Parser.ParseFile(Path.Combine(RunbookJob.Folder, $"{name}.ps1"), out _, out var errors);
        Assert.Empty(errors.Select(error => $"{error.Extent.StartLineNumber}: {error.Message}"));
        return script;
    }

    [GeneratedRegex("AsPlainText|Get-AutomationVariable|Get-AutomationPSCredential|x-functions-key|sig=|Bearer \\S{20}")]
    private static partial Regex SecretLike();
}
