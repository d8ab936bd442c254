using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredRotation.Engine;
using CredRotation.Engine.Evidence;
using CredRotation.Sandbox.Evidence;
using CredRotation.Testing;

namespace CredRotation.Tests.Sandbox;

/// <summary>A rotation's record, altered in every way a person might, against the checker that has only the file.</summary>
public sealed class An_evidence_file
{
    private static readonly JsonSerializerOptions s_json = EngineJson.Options;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_it_was_made_is_intact_and_says_what_it_does_not_prove()
    {
        var (file, world) = await MakeAsync();

        var verdict = Check(file);

        Assert.True(verdict.IsIntact, verdict.Says);
        Assert.Null(verdict.FirstAltered);
        Assert.False(verdict.IsHeldAgainstHead);
        Assert.Contains("rewritten as a whole", verdict.Says, StringComparison.Ordinal);
        Assert.True(verdict.DoesNotProve.Count >= 5);
        Assert.True(verdict.Entries > 10);
        await world.DisposeAsync();
    }

    [Fact]
    public async Task Holds_no_value_in_any_encoding()
    {
        var (file, world) = await MakeAsync();

        var search = new CanarySearch();
        foreach (var key in world.Gateway.Keys) search.Add(key.Label, key.Value);
        search.Search("evidence", file.ToJsonString());
        search.Search("evidence, read back", string.Join('\n', file["entries"]!.AsArray().Select(entry => entry!.GetValue<string>())));
        Assert.Empty(search.Hits);
        Assert.True(search.KeysSearched > 2);
        await world.DisposeAsync();
    }

    [Fact]
    public async Task With_any_member_of_any_entry_altered_names_exactly_that_entry()
    {
        var (file, world) = await MakeAsync();
        var entries = file["entries"]!.AsArray();
        for (var index = 0; index < entries.Count; index++)
        {
            foreach (var member in JsonNode.Parse(entries[index]!.GetValue<string>())!.AsObject().Select(member => member.Key).ToList())
            {
                var altered = file.DeepClone();
                var entry = JsonNode.Parse(entries[index]!.GetValue<string>())!.AsObject();
                entry[member] = member is "sequence" or "format" ? 987 : "altered";
                altered["entries"]![index] = entry.ToJsonString();

                var verdict = Check(altered);

                Assert.False(verdict.IsIntact, $"{member} of entry {index + 1}");
                Assert.Equal(index + 1, verdict.FirstAltered);
                Assert.Contains($"{index + 1}", verdict.Says, StringComparison.Ordinal);
            }
        }

        await world.DisposeAsync();
    }

    [Fact]
    public async Task With_an_entry_taken_out_put_in_or_moved_names_the_place()
    {
        var (file, world) = await MakeAsync();
        for (var index = 0; index < file["entries"]!.AsArray().Count; index++)
        {
            var without = file.DeepClone();
            without["entries"]!.AsArray().RemoveAt(index);
            Assert.Equal(index + 1, Check(without).FirstAltered);

            var twice = file.DeepClone();
            twice["entries"]!.AsArray().Insert(index, twice["entries"]![index]!.DeepClone());
            Assert.Equal(index + 2, Check(twice).FirstAltered);

            if (index == 0) continue;
            var moved = file.DeepClone();
            var one = moved["entries"]![index]!.DeepClone();
            moved["entries"]!.AsArray().RemoveAt(index);
            moved["entries"]!.AsArray().Insert(0, one);
            Assert.Equal(1, Check(moved).FirstAltered);
        }

        await world.DisposeAsync();
    }

    [Fact]
    public async Task Cut_off_or_rewritten_as_a_whole_is_shown_by_a_head_that_left_the_ledger()
    {
        var (file, world) = await MakeAsync();
        var done = world.Inbox.Notices.Single(notice => notice.Kind is NoticeKind.Done).Facts.Single(fact => fact.Title == "Chain head").Value.Split(':');
        var head = (long.Parse(done[0], CultureInfo.InvariantCulture), done[1]);
        Assert.True(Check(file, head).IsIntact);

        var cut = file.DeepClone();
        cut["entries"] = new JsonArray([.. cut["entries"]!.AsArray().Take((int)head.Item1 - 2).Select(entry => entry!.DeepClone())]);
        Rewrite(cut);
        Assert.True(Check(cut).IsIntact || Check(cut).Says.Contains("approval", StringComparison.Ordinal) || Check(cut).FirstAltered is null);
        Assert.Equal(head.Item1 - 1, Check(cut, head).FirstAltered);

        var rewritten = file.DeepClone();
        var first = JsonNode.Parse(rewritten["entries"]![0]!.GetValue<string>())!.AsObject();
        first["why"] = "It was always so.";
        rewritten["entries"]![0] = first.ToJsonString();
        Rewrite(rewritten);
        Assert.True(Check(rewritten).IsIntact);
        Assert.False(Check(rewritten, head).IsIntact);
        Assert.Equal(head.Item1, Check(rewritten, head).FirstAltered);
        await world.DisposeAsync();
    }

    [Theory]
    [InlineData("planText", "The plan is not the one that was approved")]
    [InlineData("planHash", "The plan is not the one")]
    [InlineData("retireProof", "The proof of retirement is not the one")]
    [InlineData("rotation", "No entry is about rotation")]
    [InlineData("approvals", "is in no entry")]
    public async Task With_something_beside_the_chain_altered_says_what(string member, string words)
    {
        var (file, world) = await MakeAsync();
        if (member == "approvals") file[member]!.AsArray().Add(new JsonObject { ["planHash"] = file["planHash"]!.DeepClone(), ["personId"] = "somebody", ["personName"] = "Some Body", ["on"] = "2026-01-01T00:00:00Z" });
        else file[member] = "altered";

        var verdict = Check(file);

        Assert.False(verdict.IsIntact);
        Assert.Contains(words, verdict.Says, StringComparison.Ordinal);
        await world.DisposeAsync();
    }

    [Fact]
    public async Task With_any_single_byte_of_its_entries_changed_is_never_intact()
    {
        var (file, world) = await MakeAsync();
        var bytes = Encoding.UTF8.GetBytes(file.ToJsonString());
        var text = Encoding.UTF8.GetString(bytes);
        var from = text.IndexOf("\"entries\":", StringComparison.Ordinal) + 12;
        var to = text.IndexOf("\"anchors\":", StringComparison.Ordinal) - 3;
        const int seed = 20261123;
        var random = new Random(seed);
        for (var round = 0; round < 3_000; round++)
        {
            var altered = bytes.ToArray();
            var place = random.Next(from, to);
            altered[place] = (byte)(altered[place] ^ (1 << random.Next(8)));
            try
            {
                Assert.False(EvidenceCheck.Run(altered, null).IsIntact, $"seed {seed}, round {round}, byte {place}");
            }
            catch (EvidenceUnreadableException)
            {
                // Not even a file of ours any more: told as such.
            }
        }

        await world.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"format\":2}")]
    [InlineData("{\"format\":\"1\"}")]
    [InlineData("{\"format\":1}")]
    [InlineData("{\"format\":1,\"entries\":[1]}")]
    [InlineData("{\"format\":1,\"entries\":\"\\u0000\"}")]
    [InlineData("{\"format\":1,\"entries\":[],\"firstSequence\":\"x\",\"head\":{}}")]
    public void That_is_none_is_told_in_words(string text)
        => Assert.NotEmpty(Assert.Throws<EvidenceUnreadableException>(() => EvidenceCheck.Run(Encoding.UTF8.GetBytes(text), null)).Message);

    [Fact]
    public void Nested_without_end_is_told_in_words()
        => Assert.Throws<EvidenceUnreadableException>(() => EvidenceCheck.Run(Encoding.UTF8.GetBytes(new string('[', 100_000)), null));

    [Fact]
    public async Task Is_checked_by_the_command_with_words_and_exit_codes()
    {
        var (file, world) = await MakeAsync();
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, file.ToJsonString(), Cancel);
            var intact = await SandboxCommand.RunAsync(Cancel, "evidence", path, "--json");
            Assert.Equal(0, intact.ExitCode);
            Assert.True((bool)JsonNode.Parse(intact.Output)!["isIntact"]!);

            file["entries"]![3] = "{}";
            await File.WriteAllTextAsync(path, file.ToJsonString(), Cancel);
            var altered = await SandboxCommand.RunAsync(Cancel, "evidence", path);
            Assert.Equal(1, altered.ExitCode);
            Assert.Contains("first at entry 4", altered.Output, StringComparison.Ordinal);
            Assert.Contains("It does not prove", altered.Output, StringComparison.Ordinal);

            Assert.Equal(2, (await SandboxCommand.RunAsync(Cancel, "evidence")).ExitCode);
        }
        finally
        {
            File.Delete(path);
        }

        await world.DisposeAsync();
    }

    private static EvidenceVerdict Check(JsonNode file, (long, string)? head = null) => EvidenceCheck.Run(Encoding.UTF8.GetBytes(file.ToJsonString()), head);

    /// <summary>Links every entry anew, as somebody with the whole ledger in hand could.</summary>
    private static void Rewrite(JsonNode file)
    {
        var previous = new string('0', 64);
        var entries = file["entries"]!.AsArray();
        for (var index = 0; index < entries.Count; index++)
        {
            var entry = JsonNode.Parse(entries[index]!.GetValue<string>())!.AsObject();
            entry["previous"] = previous;
            var text = entry.ToJsonString();
            entries[index] = text;
            previous = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        }

        file["head"]!["sequence"] = entries.Count;
        file["head"]!["hash"] = previous;
    }

    private static async Task<(JsonNode File, RotationWorld World)> MakeAsync()
    {
        var world = new RotationWorld();
        await world.SweepAsync(Cancel);
        await world.ApproveAsync(RotationWorld.OwnerOne, Cancel);
        await world.PassAsync(TimeSpan.FromHours(26), Cancel);
        var rotation = await world.RotationAsync(Cancel);
        Assert.Equal(RotationState.Retired, rotation.State);
        var chain = await world.Host.Registry.ReadChainAsync(world.Credential, Cancel).ToListAsync(Cancel);
        return (JsonSerializer.SerializeToNode(EvidenceFile.Of(await world.RowAsync(Cancel), rotation, chain, world.Clock.GetUtcNow()), s_json)!, world);
    }
}
