using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using CredRotation.Benchmarks.Servers;
using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Benchmarks.Contract;

/// <summary>An ACL user on two real Redis nodes that know nothing of each other, with a way to the second that loses commands and answers.</summary>
internal sealed class RedisBench : IProviderBench
{
    public const string User = "app";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ServiceProvider _services;
    private readonly TcpRelay _relay;
    private readonly Socket _administrator;

    private RedisBench(IReadOnlyList<RedisServer> nodes, Socket administrator, string manager, SecretText current, string keep)
    {
        (Nodes, _administrator, Current) = (nodes, administrator, current);
        _relay = new TcpRelay(nodes[^1].Port, chunk => Encoding.ASCII.GetString(chunk.Span) is var words && (words.Contains("SETUSER", StringComparison.Ordinal) || words.Contains("TIME", StringComparison.Ordinal)));
        _services = new ServiceCollection().AddSingleton<IOptions<RotationOptions>>(Options.Create(new RotationOptions())).AddLogging().AddProviders().BuildServiceProvider();
        Provider = _services.GetRequiredService<IProviderCatalog>().Find("redis-acl-user")!;
        Target = new ProviderTarget("cache", User, new Dictionary<string, string>
        {
            ["endpoints"] = string.Join(", ", nodes.SkipLast(1).Select(node => node.Port).Append(_relay.Port).Select(port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"))),
            ["managementUser"] = "rotator",
            ["tls"] = "false",
            ["keep"] = keep,
        }, new Dictionary<string, SecretText> { ["management"] = new(manager) });
    }

    public IReadOnlyList<RedisServer> Nodes { get; }

    public ICredentialProvider Provider { get; }

    public ProviderTarget Target { get; }

    public SecretText Current { get; }

    public DateTimeOffset Now => _clock.GetUtcNow();

    public static Task<RedisBench> StartAsync(CancellationToken cancellationToken) => StartAsync("aclFile", hasAclFile: true, cancellationToken);

    public static async Task<RedisBench> StartAsync(string keep, bool hasAclFile, CancellationToken cancellationToken)
    {
        var (manager, current) = (RandomNumberGenerator.GetHexString(32), RandomNumberGenerator.GetHexString(32));
        var nodes = await Task.WhenAll(RedisServer.StartAsync(hasAclFile, cancellationToken), RedisServer.StartAsync(hasAclFile, cancellationToken));
        foreach (var node in nodes)
        {
            node.Ask("ACL", "SETUSER", User, "on", $">{current}", "~app:*", "+get", "+set");
            node.Ask("ACL", "SETUSER", "rotator", "on", $">{manager}", "+acl|getuser", "+acl|setuser", "+acl|save", "+config|rewrite", "+config|get", "+time");
        }

        return new RedisBench(nodes, await nodes[^1].SignInAsync(cancellationToken), manager, new SecretText(current), keep);
    }

    public void Pass(TimeSpan time) => _clock.Advance(time);

    /// <summary>By the hashes that both nodes keep.</summary>
    public bool Accepts(SecretText value)
    {
        // Our own question goes past the relay, and would meet its limit.
        _relay.Undone.Wait(TimeSpan.FromSeconds(10));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value.RevealToRemote())));
        return Nodes.All(node => node.Ask("ACL", "GETUSER", User).Contains(hash, StringComparison.Ordinal));
    }

    public void LoseNext(LostPart part) => _relay.LoseNext(part);

    public bool ThrottleNext()
    {
        _relay.AroundNext(() => LimitAsync("1"), () => LimitAsync("1000"));
        return true;
    }

    public bool FillQuota() => false;

    public SecretText? AddStranger()
    {
        var stranger = new SecretText(RandomNumberGenerator.GetHexString(32));
        foreach (var node in Nodes) node.Ask("ACL", "SETUSER", User, $">{stranger.RevealToRemote()}");
        return stranger;
    }

    public bool DoErrands() => false;

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        _administrator.Dispose();
        await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
        await _services.DisposeAsync();
    }

    private Task LimitAsync(string clients) => RedisServer.SendAsync(_administrator, ["CONFIG", "SET", "maxclients", clients], CancellationToken.None);
}
