using System.Text.Json.Nodes;
using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Providers;
using CredRotation.Testing;
using CredRotation.Tests.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CredRotation.Tests.Benchmarks;

public sealed class A_contract_with_every_provider
{
    [Fact]
    public async Task Counts_what_was_lost_and_made_good()
    {
        var (counted, _) = await ContractCommand.CheckAsync(ContractBenches.Find("twilio-api-key"), TestContext.Current.CancellationToken);

        Assert.Equal(("overlap-list", 0, 0), (counted.Class, counted.Failed, counted.UnknownUnreported));
        // The issue and the retirement. Beside a stranger's credential a lost one is left lying, which is no recovery.
        Assert.Equal(2, counted.RecoveredLostResponses);
        Assert.True(counted.Checks > 20);
    }

    public static TheoryData<string, int, int> Lies => new()
    {
        { "none", 0, 0 },
        { "a lost issue is refused", 2, 2 },
        { "a lost probe is a refusal", 1, 1 },
        { "a lost list is empty", 1, 1 },
        { "a retirement that is not made is done", 1, 1 },
        { "what lives until it is retired ends by a timer", 1, 0 },
    };

    /// <param name="failed">The fewest.</param>
    /// <param name="unreported">The fewest.</param>
    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Is_missed_by_a_provider_that_lies(string lie, int failed, int unreported)
    {
        var bench = new ContractBench("liar", "overlap-list", false, _ => Task.FromResult<IProviderBench>(new VendorBench(VendorClasses.Find("overlap-list"), (provider, _) => lie switch
        {
            "a lost issue is refused" => new LyingProvider(provider) { LostIssue = new IssueOutcome.Rejected("timeout") },
            "a lost probe is a refusal" => new LyingProvider(provider) { LostProbe = new ProbeOutcome.Refused(null) },
            "a lost list is empty" => new LyingProvider(provider) { LostListIsEmpty = true },
            "a retirement that is not made is done" => new LyingProvider(provider) { Retires = _ => new RetireOutcome.Retired() },
            "what lives until it is retired ends by a timer" => new LyingProvider(provider) { States = traits => traits with { OldValidity = OldValidity.Timer, OldLife = TimeSpan.FromHours(24) } },
            _ => provider,
        })));
        await using var answers = new StringWriter();

        var exit = await ContractCommand.RunAsync([bench], answers, TextWriter.Null, TestContext.Current.CancellationToken);

        var told = JsonNode.Parse(answers.ToString())!["providers"]![0]!;
        Assert.Equal(lie == "none" ? 0 : 1, exit);
        Assert.Equal(lie == "none", (int)told["failed"]! == 0 && (int)told["unknownUnreported"]! == 0);
        Assert.True((int)told["failed"]! >= failed && (int)told["unknownUnreported"]! >= unreported, told.ToJsonString());
    }

    [Fact]
    public async Task Counts_nothing_as_made_good_that_was_only_said_to_be()
    {
        var bench = new ContractBench("liar", "overlap-list", false, _ => Task.FromResult<IProviderBench>(new VendorBench(VendorClasses.Find("overlap-list"), (provider, _) => new LyingProvider(provider) { Retires = _ => new RetireOutcome.Retired() })));

        var (counted, _) = await ContractCommand.CheckAsync(bench, TestContext.Current.CancellationToken);

        Assert.Equal(0, counted.RecoveredLostResponses);
    }

    [Fact]
    public async Task Is_missed_when_nothing_was_checked()
        => Assert.Equal(1, await ContractCommand.RunAsync([], TextWriter.Null, TextWriter.Null, TestContext.Current.CancellationToken));

    [Fact]
    public void Takes_in_every_class_and_a_dozen_payment_gateways()
    {
        using var services = new ServiceCollection().AddSingleton(Options.Create(new RotationOptions())).AddLogging().AddProviders().BuildServiceProvider();
        var catalog = services.GetRequiredService<IProviderCatalog>();
        var providers = ContractBenches.All.Select(bench => bench.Kind).Distinct().Select(kind => catalog.Find(kind)!).ToList();
        var gateways = providers.Where(provider => provider.Facts!.Group is ProviderGroup.Payments).Select(provider => provider.Kind).ToList();

        Assert.True(providers.Count >= 28);
        // Both ways to rotate at Adyen are one gateway.
        Assert.True(gateways.Select(kind => kind.Split('-')[0]).Distinct().Count() >= 12, string.Join(' ', gateways));
        Assert.Equal(gateways, ContractBenches.All.Where(bench => bench.IsPaymentGateway).Select(bench => bench.Kind));
        Assert.Equal(["in-place", "overlap-timer", "overlap-until-retired", "pair", "person"], providers.Select(provider => ProviderClass.Of(provider.Describe(new Dictionary<string, string>()))).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Counts_a_lost_answer_that_is_told_as_something_else()
    {
        var counts = new ContractCounts();
        await using var bench = new CountingBench(new VendorBench(VendorClasses.Find("overlap-list"), (provider, _) => new Optimist(provider)), counts);

        bench.LoseNext(LostPart.Answer);
        await bench.RetireAsync(bench.Target, new RetireTicket("cred-1", null), TestContext.Current.CancellationToken);

        Assert.Equal((1, 0), (counts.UnknownUnreported, counts.RecoveredLostResponses));
    }

    [Theory]
    [InlineData("--kind")]
    [InlineData("--kind", "nobody")]
    [InlineData("--rotations", "7")]
    public void Is_not_begun_on_words_it_does_not_know(params string[] words) => Assert.Null(ContractCommand.Read(words));

    [Fact]
    public void Is_begun_as_asked() => Assert.Equal("paddle-api-key", ContractCommand.Read(["--json", "--kind", "paddle-api-key"])!.Kind);

    /// <summary>Takes every retirement for done, whatever came of it.</summary>
    private sealed class Optimist(ICredentialProvider provider) : ICredentialProvider
    {
        public string Kind => provider.Kind;

        public string Configuration => provider.Configuration;

        public IReadOnlyList<string> SecretNames => provider.SecretNames;

        public ProviderTraits Describe(IReadOnlyDictionary<string, string> parameters) => provider.Describe(parameters);

        public IEnumerable<string> Validate(IReadOnlyDictionary<string, string> parameters) => provider.Validate(parameters);

        public Task<TargetOutcome> CheckTargetAsync(ProviderTarget target, CancellationToken cancellationToken) => provider.CheckTargetAsync(target, cancellationToken);

        public Task<IssueOutcome> IssueAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => provider.IssueAsync(target, ticket, cancellationToken);

        public Task<ProbeOutcome> VerifyAsync(ProviderTarget target, Candidate candidate, CancellationToken cancellationToken) => provider.VerifyAsync(target, candidate, cancellationToken);

        public async Task<RetireOutcome> RetireAsync(ProviderTarget target, RetireTicket ticket, CancellationToken cancellationToken)
        {
            try
            {
                return await provider.RetireAsync(target, ticket, cancellationToken);
            }
            catch (RemoteTroubleException)
            {
                return new RetireOutcome.Retired();
            }
        }

        public Task<RecoverOutcome> RecoverAsync(ProviderTarget target, IssueTicket ticket, CancellationToken cancellationToken) => provider.RecoverAsync(target, ticket, cancellationToken);

        public Task<IReadOnlyList<ListedCredential>?> ListAsync(ProviderTarget target, CancellationToken cancellationToken) => provider.ListAsync(target, cancellationToken);
    }
}
