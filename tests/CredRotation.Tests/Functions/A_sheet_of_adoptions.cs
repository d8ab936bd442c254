using System.Text;
using CredRotation.Functions;

namespace CredRotation.Tests.Functions;

public sealed class A_sheet_of_adoptions
{
    private const string Header = "vault,secret,account,target,owner\n";

    [Fact]
    public void Is_read_with_quotation_marks_commas_and_a_byte_order_mark()
    {
        var (lines, _) = AdoptionSheet.Read($"\uFEFFsecret,vault,owner,target,account,consumers\r\nkey,https://v/,o,t,a,\"one,two\"\r\n");

        Assert.Equal(("key", "https://v/", "one,two", 2L), (lines![0].Members["secret"], lines[0].Members["vault"], lines[0].Members["consumers"], lines[0].Number));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(Header, "no line below")]
    [InlineData("vault,secret,account,target\na,b,c,d", "no column owner")]
    [InlineData("vault,secret,account,target,owner,password\na,b,c,d,e,f", "none of vault")]
    [InlineData("vault,vault,secret,account,target,owner\na,a,b,c,d,e", "twice")]
    [InlineData(Header + "a,b,\"canary,d,e", "Line 2")]
    public void That_cannot_be_meant_is_told_as_what_it_is(string csv, string words)
    {
        var (lines, trouble) = AdoptionSheet.Read(csv);

        Assert.Null(lines);
        Assert.Contains(words, trouble, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", trouble, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_not_longer_than_one_call_may_take()
    {
        var csv = new StringBuilder(Header);
        for (var line = 0; line < AdoptionSheet.LinesMax; line++) csv.Append("a,b,c,d,e\n");

        Assert.Equal(AdoptionSheet.LinesMax, AdoptionSheet.Read(csv.ToString()).Lines?.Count);
        Assert.Contains("in parts", AdoptionSheet.Read(csv.Append("a,b,c,d,e\n").ToString()).Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_a_line_of_another_length_and_reads_the_next()
    {
        var (lines, _) = AdoptionSheet.Read($"{Header}a,b\na,b,c,d,e");

        Assert.Equal(["It has 2 fields and the header 5.", null], lines!.Select(line => line.Trouble));
    }
}
