using System.Security.Cryptography.X509Certificates;
using CredRotation.Sandbox.Systems;
using CredRotation.Sandbox.Wire;
using CredRotation.Testing;
using Microsoft.Graph;
using Microsoft.Graph.Models;
using Microsoft.Graph.Models.ODataErrors;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Authentication.Azure;

namespace CredRotation.Tests.Sandbox;

/// <summary>The real Graph client against the directory server.</summary>
public sealed class A_directory_of_the_sandbox : IAsyncLifetime
{
    private readonly X509Certificate2 _certificate = SandboxCertificate.Create();
    private readonly DirectoryModel _model = new(TimeProvider.System) { PageMax = 2 };
    private DirectoryServer? _server;
    private GraphServiceClient? _graph;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await DirectoryServer.StartAsync(_model, new InboxModel(TimeProvider.System), new FaultyWire(TimeProvider.System, new FaultInjector(TimeProvider.System)), _certificate, Stop);
        var http = GraphClientFactory.Create(finalHandler: PinnedTransport.Handler(SandboxCertificate.Thumbprint(_certificate)));
        IAuthenticationProvider authentication = new AzureIdentityAuthenticationProvider(new SandboxTokenCredential("any"), ["127.0.0.1"], null, true, ["https://graph.microsoft.com/.default"]);
        _graph = new GraphServiceClient(http, authentication, _server.BaseUri.AbsoluteUri);

        for (var number = 1; number <= 5; number++) _model.Put(new DirectoryUser($"u{number}", $"User {number}", $"u{number}@shop.example", IsEnabled: number != 5));
        _model.Put(new DirectoryGroup("inner", "Inner", null, ["u3", "u4", "u5", "outer"]));
        _model.Put(new DirectoryGroup("outer", "Outer", "outer@shop.example", ["u1", "u2", "u3", "inner"]));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _certificate.Dispose();
    }

    [Fact]
    public async Task Pages_through_the_members_of_nested_groups()
    {
        var people = await MembersAsync("outer");

        Assert.Equal(["u1", "u2", "u3", "u4", "u5"], people.Select(person => person.Id));
        Assert.Equal([true, true, true, true, false], people.Select(person => person.AccountEnabled == true));
        Assert.Equal("Outer", (await _graph!.Groups["outer"].GetAsync(cancellationToken: Stop))!.DisplayName);
    }

    [Fact]
    public async Task Shows_a_deleted_group_only_among_the_deleted()
    {
        _model.DeleteGroup("outer");

        var gone = await Assert.ThrowsAsync<ODataError>(() => _graph!.Groups["outer"].GetAsync(cancellationToken: Stop));
        var deleted = await _graph!.Directory.DeletedItems["outer"].GraphGroup.GetAsync(cancellationToken: Stop);

        Assert.Equal((404, "Request_ResourceNotFound"), (gone.ResponseStatusCode, gone.Error!.Code));
        Assert.NotNull(deleted!.DeletedDateTime);
    }

    [Fact]
    public async Task Hides_properties_without_saying_so_when_a_permission_is_missing()
    {
        _model.Put(new DirectoryGroup("outer", "Outer", null, ["u1", "u2"], HidesMembers: true));

        Assert.All(await MembersAsync("outer"), person => Assert.Null(person.AccountEnabled));
    }

    [Fact]
    public async Task Refuses_members_without_the_consistency_level()
    {
        var refused = await Assert.ThrowsAsync<ODataError>(() => _graph!.Groups["outer"].TransitiveMembers.GraphUser.GetAsync(cancellationToken: Stop));

        Assert.Equal(400, refused.ResponseStatusCode);
    }

    private async Task<List<User>> MembersAsync(string group)
    {
        List<User> people = [];
        var page = await _graph!.Groups[group].TransitiveMembers.GraphUser.GetAsync(
            request =>
            {
                request.Headers.Add("ConsistencyLevel", "eventual");
                request.QueryParameters.Count = true;
                request.QueryParameters.Top = 999;
            },
            Stop);
        while (true)
        {
            people.AddRange(page!.Value!);
            if (page.OdataNextLink is not { } next) return people;
            page = await _graph.Groups[group].TransitiveMembers.GraphUser.WithUrl(next).GetAsync(request => request.Headers.Add("ConsistencyLevel", "eventual"), Stop);
        }
    }
}
