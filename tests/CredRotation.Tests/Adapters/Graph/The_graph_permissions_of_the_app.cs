using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Azure.Core;
using CredRotation.Adapters.Mail;
using CredRotation.Adapters.Setup;
using CredRotation.Engine;
using CredRotation.Engine.Setup;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Adapters.Graph;

public sealed class The_graph_permissions_of_the_app
{
    [Fact]
    public async Task Are_not_asked_for_more_than_the_settings_need()
        => Assert.Equal(["Graph GroupMember.Read.All", "Graph User.Read.All"], (await ProbeAsync(watch: false, "Directory.Read.All")).Select(need => need.Name));

    [Theory]
    [InlineData("Application.Read.All", NeedState.Met)]
    [InlineData("Application.ReadWrite.All", NeedState.Met)]
    [InlineData("Application.ReadWrite.OwnedBy", NeedState.Missing)]
    public async Task Show_whether_app_registrations_can_be_watched(string role, NeedState state)
    {
        var need = Assert.Single(await ProbeAsync(watch: true, role), need => need.Name == "Graph Application.Read.All");

        Assert.Equal(state, need.State);
        Assert.Contains("-ApplicationRead", need.Command, StringComparison.Ordinal);
    }

    private static Task<IReadOnlyList<Need>> ProbeAsync(bool watch, params string[] roles)
        => new GraphNeeds(new RoleToken(roles), new Uri("https://graph.microsoft.com"), Options.Create(new MailOptions()), Options.Create(new RotationOptions { WatchAppRegistrations = watch }))
            .ProbeAsync(TestContext.Current.CancellationToken);

    /// <summary>A token as the platform makes it, as far as the app reads it.</summary>
    private sealed class RoleToken(string[] roles) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
            => new($"{Part(new { alg = "none" })}.{Part(new { oid = "c0000000-0000-0000-0000-000000000001", roles })}.", DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => ValueTask.FromResult(GetToken(requestContext, cancellationToken));

        private static string Part(object claims) => Encoding.ASCII.GetString(Base64Url.EncodeToUtf8(JsonSerializer.SerializeToUtf8Bytes(claims)));
    }
}
