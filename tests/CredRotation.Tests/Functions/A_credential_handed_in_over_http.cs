using System.Net;
using System.Text.RegularExpressions;
using CredRotation.EmbeddedHost;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using CredRotation.Testing;
using CredRotation.Tests.Pages;

namespace CredRotation.Tests.Functions;

/// <summary>The sealed intake as a browser meets it: a form on a page, and an answer that says nothing of what was sent.</summary>
public sealed partial class A_credential_handed_in_over_http(HeadsWorld world) : IClassFixture<HeadsWorld>, IAsyncLifetime
{
    private const string Staging = "127.0.0.1:2";
    private const string Canary = "canary-handed-in-over-http";

    private readonly VaultModel _vaults = new(TimeProvider.System, seed: 3);
    private EmbeddedApp? _app;
    private HttpClient? _http;
    private Rotation _rotation = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Page => $"api/pages/intake/{_rotation.Id}";

    private string Call => $"api/rotations/{_rotation.Id}/intake";

    public async ValueTask InitializeAsync()
    {
        var row = SampleRotations.Row(SecretName.Of(new Uri("https://payments.vault.azure.net/"), "portal-key"), SampleRotations.OwnerGroup);
        _rotation = SampleRotations.Awaiting(SampleRotations.Of(row));
        world.Registry.Put(row, _rotation);
        _vaults.AddVault(Staging, "staging");
        _app = await world.StartAsync(new InMemoryVault(_vaults, new FaultInjector(TimeProvider.System)), Cancel);
        _http = HeadsWorld.NewClient(_app);
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_app is not null) await _app.DisposeAsync();
    }

    [Fact]
    public async Task Lies_in_staging_and_in_no_answer()
    {
        var page = await ReadAsync(HeadsWorld.Owner);

        using var answer = await PostAsync(HeadsWorld.Owner, TokenIn(page), $" {Canary} ");

        Assert.Equal((HttpStatusCode.SeeOther, $"/api/pages/rotation/{_rotation.Id}"), (answer.StatusCode, answer.Headers.Location!.OriginalString));
        Assert.DoesNotContain(Canary, await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        var staged = _vaults.Get(Staging, _rotation.IntakeMarker!, null, new VaultCaller("test", "look")).Value!;
        Assert.Equal(Canary, staged.Value.RevealToRemote());
        var told = Assert.Single(world.Registry.Told, told => told.Item is InboxItem.HandIn).Item as InboxItem.HandIn;
        Assert.Equal((staged.Id, HeadsWorld.Owner, _rotation.IntakeMarker), (told!.StagedVersion, told.PersonId, told.Marker));
        Assert.DoesNotContain(Canary, EngineJson.Write<InboxItem>(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Has_a_page_that_only_takes()
    {
        var page = await ReadAsync(HeadsWorld.Owner);

        Assert.Contains("""<input type="password" name="value" """, page, StringComparison.Ordinal);
        Assert.Contains("autocomplete=\"new-password\"", page, StringComparison.Ordinal);
        Assert.Equal(3, Regex.Count(page[page.IndexOf("<main", StringComparison.Ordinal)..], "<li>"));
        Assert.Contains("Create a second secret key", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_reached_from_the_rotations_page_and_from_no_message()
    {
        using var rotation = await SendAsync(HeadsWorld.Owner, HttpMethod.Get, $"api/pages/rotation/{_rotation.Id}");
        using var auditors = await SendAsync(HeadsWorld.AuditorId, HttpMethod.Get, $"api/pages/rotation/{_rotation.Id}", role: "Rotation.Audit");

        Assert.Contains($"/{Page}", await rotation.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.DoesNotContain("intake", await auditors.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.DoesNotContain(world.Told, notice => notice.ToString().Contains("intake", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData(HeadsWorld.OperatorId, "Rotation.Operate")]
    [InlineData(HeadsWorld.AuditorId, "Rotation.Audit")]
    [InlineData(HeadsWorld.OtherOwner, null)]
    public async Task Is_not_open_to_who_does_not_answer_for_it(string person, string? role)
    {
        using var page = await SendAsync(person, HttpMethod.Get, Page, role: role);
        using var call = await SendAsync(person, HttpMethod.Post, Call, Form("1.a", Canary), role);

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (page.StatusCode, call.StatusCode));
    }

    [Fact]
    public async Task With_another_persons_form_is_refused_without_a_word_of_it()
    {
        var page = await ReadAsync(HeadsWorld.Owner);

        using var answer = await PostAsync(HeadsWorld.Starter, TokenIn(page), Canary);

        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Open the form again", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("token=1.a", "Member &#x27;value&#x27; is missing")]
    [InlineData("token=1.a&value=", "Member &#x27;value&#x27; is missing")]
    [InlineData("token=1.a&value=canary-handed-in-over-http&more=1", "Unknown member")]
    [InlineData("token=1.a&value=canary-handed-in-over-http&value=2", "more than once")]
    [InlineData("value=canary-handed-in-over-http", "Member &#x27;token&#x27; is missing")]
    public async Task In_a_form_that_is_wrong_is_refused_without_a_word_of_it(string body, string words)
    {
        using var answer = await SendAsync(HeadsWorld.Owner, HttpMethod.Post, Call, new StringContent(body, System.Text.Encoding.UTF8, "application/x-www-form-urlencoded"));

        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(words, text, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, text, StringComparison.Ordinal);
    }

    private async Task<string> ReadAsync(string person)
    {
        using var page = await SendAsync(person, HttpMethod.Get, Page);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        return await page.Content.ReadAsStringAsync(Cancel);
    }

    private Task<HttpResponseMessage> PostAsync(string person, string token, string value) => SendAsync(person, HttpMethod.Post, Call, Form(token, value));

    private static FormUrlEncodedContent Form(string token, string value) => new(new Dictionary<string, string> { ["token"] = token, ["value"] = value });

    private static string TokenIn(string page) => Token().Match(page).Groups[1].Value;

    private async Task<HttpResponseMessage> SendAsync(string person, HttpMethod method, string path, HttpContent? body = null, string? role = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.Authorization = new("Bearer", role is null ? world.Token(person) : world.Token(person, role));
        request.Headers.Add("Origin", _app!.BaseUri.GetLeftPart(UriPartial.Authority));
        return await _http!.SendAsync(request, Cancel);
    }

    [GeneratedRegex("name=\"token\" value=\"([0-9a-f.]+)\"")]
    private static partial Regex Token();
}
