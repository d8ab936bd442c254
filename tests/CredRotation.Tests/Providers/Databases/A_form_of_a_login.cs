using CredRotation.Engine;
using CredRotation.Providers.Databases;

namespace CredRotation.Tests.Providers.Databases;

public sealed class A_form_of_a_login
{
    private static readonly DatabaseAddress s_address = new("db.example.com", 5432, "shop");

    public static TheoryData<string> Templates => [LoginForm.Json, "postgresql://{username}:{password}@{host}:{port}/{database}?sslmode=require", "Host={host};Port={port};Username={username};Password={password};SSL Mode=VerifyFull", """{"engine":"postgres","dbuser":"{username}","dbpass":"{password}","host":"{host}"}"""];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Gives_back_what_was_written_whatever_it_holds(string template)
    {
        var form = LoginForm.Parse(template)!;
        foreach (var hostile in new[] { "plain", "o'brien", "a\"b\\c", "x;Password=other;y=", "u:p@h/../?#%41", "{password}", "ü €", "' or ''='", " spaces " })
        {
            var login = new Login($"{hostile}1", new SecretText($"{hostile}2"));

            var read = form.Read(form.Write(login, s_address));

            Assert.Equal((login.Username, login.Password.RevealToRemote()), (read!.Username, read.Password.RevealToRemote()));
        }
    }

    [Fact]
    public void Fills_in_where_the_server_is()
        => Assert.Equal("postgresql://u:p@db.example.com:5432/shop", LoginForm.Parse("postgresql://{username}:{password}@{host}:{port}/{database}")!.Write(new Login("u", new SecretText("p")), s_address).RevealToRemote());

    [Theory]
    [InlineData("")]
    [InlineData("{username}")]
    [InlineData("{\"username\":\"{username}\"}")]
    [InlineData("{\"username\":\"{username}\",\"password\":{\"value\":\"{password}\"}}")]
    [InlineData("{\"a\":\"{username}\",\"a\":\"{password}\"}")]
    [InlineData("postgresql://{username}@{host}/?password={password}")]
    [InlineData("Host={host};Username={username}")]
    [InlineData("Host={host};Username=x{username};Password={password}")]
    public void Is_none_where_a_login_could_not_be_read_again(string template) => Assert.Null(LoginForm.Parse(template));

    [Theory]
    [InlineData("{\"username\":\"u\"}")]
    [InlineData("{\"username\":\"u\",\"password\":\"\"}")]
    [InlineData("{\"username\":\"u\",\"password\":7}")]
    [InlineData("[1]")]
    [InlineData("{\"username\":\"\\uD800\",\"password\":\"p\"}")]
    [InlineData("word")]
    public void Is_not_found_in_what_has_another(string value) => Assert.Null(LoginForm.Parse(LoginForm.Json)!.Read(new SecretText(value)));
}
