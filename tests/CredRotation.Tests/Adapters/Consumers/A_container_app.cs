using System.Globalization;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Engine.Reload;

namespace CredRotation.Tests.Adapters.Consumers;

/// <summary>A container app whose platform fetches a new version within half an hour by itself.</summary>
public sealed class A_container_app
{
    private static readonly ConsumerOptions s_app = new() { Kind = ConsumerKind.ContainerApp, Resource = ChannelBench.App };

    [Fact]
    public async Task Is_left_alone_until_the_platform_must_have_fetched_the_version()
    {
        var app = new AppModel { Created = ChannelBench.Now.AddMinutes(5) };
        var clock = ChannelBench.Clock();
        clock.Advance(TimeSpan.FromMinutes(10));

        var answer = Assert.IsType<SignalAnswer.ReadBack>(await SignalAsync(app, clock));

        Assert.Equal(("checkout--one", false), (answer.Instances[0].Instance, answer.Instances[0].RunsIt));
        Assert.Equal(TimeSpan.FromMinutes(20), answer.LookAgainAfter);
        Assert.Empty(app.Restarts);
    }

    [Fact]
    public async Task Is_restarted_after_that_and_then_runs_it()
    {
        var app = new AppModel { Created = ChannelBench.Now.AddMinutes(-5) };
        var clock = ChannelBench.Clock();
        clock.Advance(TimeSpan.FromMinutes(31));

        Assert.False(Assert.IsType<SignalAnswer.ReadBack>(await SignalAsync(app, clock)).Instances[0].RunsIt);
        Assert.Equal(["checkout--one"], app.Restarts);
        app.Created = clock.GetUtcNow();
        Assert.True(Assert.IsType<SignalAnswer.ReadBack>(await SignalAsync(app, clock)).Instances[0].RunsIt);
        Assert.Single(app.Restarts);
    }

    [Fact]
    public async Task Is_not_restarted_again_while_old_replicas_end_and_new_ones_start()
    {
        var clock = ChannelBench.Clock();
        clock.Advance(TimeSpan.FromMinutes(32));
        var app = new AppModel { Created = ChannelBench.Now.AddMinutes(-5), Other = clock.GetUtcNow() };

        Assert.False(Assert.IsType<SignalAnswer.ReadBack>(await SignalAsync(app, clock)).Instances[0].RunsIt);
        Assert.Empty(app.Restarts);
        clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal(TimeSpan.FromMinutes(3), Assert.IsType<SignalAnswer.ReadBack>(await SignalAsync(app, clock)).LookAgainAfter);
        Assert.Single(app.Restarts);
    }

    [Fact]
    public async Task That_does_not_say_since_when_a_replica_runs_proves_nothing_and_is_left_alone()
    {
        var clock = ChannelBench.Clock();
        clock.Advance(TimeSpan.FromMinutes(40));
        var app = new AppModel { Created = null };

        Assert.False(Assert.IsType<SignalAnswer.ReadBack>(await SignalAsync(app, clock)).Instances[0].RunsIt);
        Assert.Empty(app.Restarts);
    }

    [Fact]
    public async Task That_the_platform_started_anew_itself_is_not_restarted()
    {
        var app = new AppModel { Created = ChannelBench.Now.AddMinutes(32) };
        var clock = ChannelBench.Clock();
        clock.Advance(TimeSpan.FromMinutes(40));

        Assert.True(Assert.IsType<SignalAnswer.ReadBack>(await SignalAsync(app, clock)).Instances[0].RunsIt);
        Assert.Empty(app.Restarts);
    }

    [Fact]
    public async Task Changes_nothing_in_a_rehearsal_and_its_values_are_never_asked_for()
    {
        var app = new AppModel { Created = ChannelBench.Now.AddMinutes(-5) };

        Assert.IsType<SignalAnswer.ReadBack>(await ChannelBench.SignalAsync(s_app, ChannelBench.Signal("v1", rehearsal: true), app.Wire, ChannelBench.Clock()));

        Assert.All(app.Wire.Requests, sent => Assert.Equal("GET", sent.Method));
        Assert.DoesNotContain(app.Wire.Requests, sent => sent.PathAndQuery.Contains("listSecrets", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task That_names_a_version_or_another_secret_says_so()
    {
        var pinned = new AppModel { Url = "https://payments.vault.azure.net/secrets/gateway-key/v1" };
        var both = new AppModel { MoreUrl = "https://payments.vault.azure.net/secrets/gateway-key/v1" };
        var other = new AppModel { Url = "https://payments.vault.azure.net/secrets/other-key" };

        Assert.Contains("names version v1 itself", Assert.IsType<SignalAnswer.ReadBack>(await SignalAsync(pinned, ChannelBench.Clock())).Instances[0].Detail, StringComparison.Ordinal);
        Assert.Contains("names version v1 itself", Assert.IsType<SignalAnswer.ReadBack>(await SignalAsync(both, ChannelBench.Clock())).Instances[0].Detail, StringComparison.Ordinal);
        Assert.Contains("None of its secrets", ChannelBench.SilenceOf(await SignalAsync(other, ChannelBench.Clock())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_revision_that_is_no_name_is_not_asked_for_its_replicas()
    {
        var app = new AppModel { Revision = "../../hostile" };

        ChannelBench.SilenceOf(await SignalAsync(app, ChannelBench.Clock()));

        Assert.DoesNotContain(app.Wire.Requests, sent => sent.PathAndQuery.Contains("hostile", StringComparison.Ordinal));
    }

    private static Task<SignalAnswer> SignalAsync(AppModel app, TimeProvider clock) => ChannelBench.SignalAsync(s_app, ChannelBench.Signal("v2", writtenOn: ChannelBench.Now), app.Wire, clock);

    private sealed class AppModel
    {
        public AppModel() => Wire = new Wire(Answer);

        public Wire Wire { get; }

        public string Url { get; init; } = "https://payments.vault.azure.net/secrets/gateway-key";

        public string MoreUrl { get; init; } = "https://other.vault.azure.net/secrets/gateway-key/v0";

        public string Revision { get; init; } = "checkout--one";

        public DateTimeOffset? Created { get; set; } = ChannelBench.Now;

        /// <summary>Of a second replica, where there is one.</summary>
        public DateTimeOffset? Other { get; init; }

        public List<string> Restarts { get; } = [];

        private HttpResponseMessage Answer(Sent sent)
        {
            var path = sent.Uri.AbsolutePath[ChannelBench.App.Length..];
            if (sent.Method == "POST") Restarts.Add(path.Split('/')[2]);
            JsonNode body = path switch
            {
                "" => new JsonObject { ["properties"] = new JsonObject { ["configuration"] = new JsonObject { ["secrets"] = new JsonArray(new JsonObject { ["name"] = "plain" }, new JsonObject { ["name"] = "key", ["keyVaultUrl"] = Url }, new JsonObject { ["name"] = "more", ["keyVaultUrl"] = MoreUrl }) } } },
                "/revisions" => new JsonObject { ["value"] = new JsonArray(Of(Revision, new JsonObject { ["active"] = true }), Of("checkout--zero", new JsonObject { ["active"] = false })) },
                _ => new JsonObject { ["value"] = new JsonArray([.. (Other is null ? [Created] : new[] { Created, Other }).Select(on => Of("replica", new JsonObject { ["createdTime"] = on?.ToString("O", CultureInfo.InvariantCulture) }))]) },
            };
            return Adapters.Wire.Json(200, body.ToJsonString());
        }

        private static JsonObject Of(string name, JsonObject properties) => new() { ["name"] = name, ["properties"] = properties };
    }
}
