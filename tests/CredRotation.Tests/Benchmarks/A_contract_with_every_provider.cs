using CredRotation.Benchmarks.Contract;
using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Benchmarks;

public sealed class A_contract_with_every_provider
{
    [Fact]
    public async Task Counts_what_was_lost_and_made_good()
    {
        var (counted, _) = await ContractCommand.CheckAsync(ContractBenches.Find("twilio-api-key"), TestContext.Current.CancellationToken);

        Assert.Equal(("overlap-list", 0, 0), (counted.Class, counted.Failed, counted.UnknownUnreported));
        // The issue, the retirement, and the issue beside a stranger's.
        Assert.True(counted is { RecoveredLostResponses: >= 2, Checks: > 20 });
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
