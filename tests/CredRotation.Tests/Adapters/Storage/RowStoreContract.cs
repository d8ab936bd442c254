using System.Globalization;
using CredRotation.Engine;
using CredRotation.Engine.Registry;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Adapters.Storage;

/// <summary>What every row store must do, the one in memory included; that is what makes the fake honest.</summary>
public abstract class RowStoreContract
{
    private static readonly RowKey Key = new("credential", "row");

    protected abstract IRowStore Store { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The store's clock, which the test moves.</summary>
    protected FakeTimeProvider Clock { get; } = new();

    /// <summary>The next change is committed, and its answer never arrives.</summary>
    protected abstract void LoseNextAnswer();

    /// <summary>By how much an age may differ from the time that passed on the store's clock.</summary>
    protected virtual (TimeSpan Less, TimeSpan More) AgeMayDiffer => (TimeSpan.Zero, TimeSpan.Zero);

    [Fact]
    public async Task A_row_that_was_never_written_is_not_found() => Assert.Null(await Store.FindAsync(Key, Cancellation));

    [Fact]
    public async Task An_inserted_row_is_found_with_its_tag()
    {
        var tag = await Store.InsertAsync(Key, """{"a":"ü€😀"}""", Cancellation);

        Assert.Equal(new StoredRow(Key, """{"a":"ü€😀"}""", tag), await FindAsync(Key));
    }

    [Fact]
    public async Task A_row_is_as_old_as_its_last_write()
    {
        var tag = await Store.InsertAsync(Key, "first", Cancellation);
        Clock.Advance(TimeSpan.FromMinutes(2));
        await AssertAgeAsync(TimeSpan.FromMinutes(2));

        await Store.ReplaceAsync(Key, "second", tag, Cancellation);
        Clock.Advance(TimeSpan.FromSeconds(7));
        await AssertAgeAsync(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task A_lost_answer_is_trouble_or_a_conflict_and_the_change_stands()
    {
        LoseNextAnswer();
        await AssertHeardAsync(() => Store.InsertAsync(Key, "first", Cancellation));
        var first = (await FindAsync(Key))!;
        Assert.Equal("first", first.Body);

        LoseNextAnswer();
        await AssertHeardAsync(() => Store.ReplaceAsync(Key, "second", first.Tag, Cancellation));
        var second = (await FindAsync(Key))!;
        Assert.Equal("second", second.Body);

        var made = Key with { Row = "made" };
        LoseNextAnswer();
        await AssertHeardAsync(() => Store.ChangeAsync(Key.Partition, [new RowChange.Replace(Key, "third", second.Tag), new RowChange.Insert(made, "1")], Cancellation));
        Assert.Equal(("third", "1"), ((await FindAsync(Key))!.Body, (await FindAsync(made))!.Body));

        var third = (await FindAsync(Key))!.Tag;
        LoseNextAnswer();
        await AssertHeardAsync(() => Store.DeleteAsync(Key, third, Cancellation));
        Assert.Null(await FindAsync(Key));

        static async Task AssertHeardAsync(Func<Task> change) => Assert.True(await Record.ExceptionAsync(change) is RowConflictException or RemoteTroubleException);
    }

    [Fact]
    public async Task Inserting_a_row_that_exists_conflicts_and_leaves_it()
    {
        await Store.InsertAsync(Key, "first", Cancellation);

        var conflict = await Assert.ThrowsAsync<RowConflictException>(() => Store.InsertAsync(Key, "second", Cancellation));

        Assert.Equal(Key, conflict.Key);
        Assert.Equal("first", (await Store.FindAsync(Key, Cancellation))?.Body);
    }

    [Fact]
    public async Task A_replace_names_the_tag_it_read_and_gets_a_new_one()
    {
        var first = await Store.InsertAsync(Key, "first", Cancellation);

        var second = await Store.ReplaceAsync(Key, "second", first, Cancellation);

        Assert.NotEqual(first, second);
        Assert.Equal(new StoredRow(Key, "second", second), await FindAsync(Key));
    }

    [Fact]
    public async Task Writing_the_same_body_again_changes_the_tag()
    {
        var first = await Store.InsertAsync(Key, "same", Cancellation);

        Assert.NotEqual(first, await Store.ReplaceAsync(Key, "same", first, Cancellation));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task A_replace_with_another_tag_conflicts(string tag)
    {
        await Store.InsertAsync(Key, "first", Cancellation);

        await Assert.ThrowsAsync<RowConflictException>(() => Store.ReplaceAsync(Key, "second", tag, Cancellation));

        Assert.Equal("first", (await Store.FindAsync(Key, Cancellation))?.Body);
    }

    [Fact]
    public async Task A_replace_of_a_row_that_is_gone_conflicts()
        => await Assert.ThrowsAsync<RowConflictException>(() => Store.ReplaceAsync(Key, "second", "1", Cancellation));

    [Fact]
    public async Task A_row_made_anew_does_not_wear_its_old_tag()
    {
        var first = await Store.InsertAsync(Key, "first", Cancellation);
        await Store.DeleteAsync(Key, first, Cancellation);
        var second = await Store.InsertAsync(Key, "first", Cancellation);

        Assert.NotEqual(first, second);
        await Assert.ThrowsAsync<RowConflictException>(() => Store.ReplaceAsync(Key, "late", first, Cancellation));
    }

    [Fact]
    public async Task A_delete_needs_the_tag_and_happens_once()
    {
        var tag = await Store.InsertAsync(Key, "first", Cancellation);

        await Assert.ThrowsAsync<RowConflictException>(() => Store.DeleteAsync(Key, "0", Cancellation));
        await Store.DeleteAsync(Key, tag, Cancellation);
        await Assert.ThrowsAsync<RowConflictException>(() => Store.DeleteAsync(Key, tag, Cancellation));

        Assert.Null(await Store.FindAsync(Key, Cancellation));
    }

    [Fact]
    public async Task A_batch_makes_all_its_changes_and_answers_tags_in_order()
    {
        var (kept, dropped, made) = (Key with { Row = "kept" }, Key with { Row = "dropped" }, Key with { Row = "made" });
        var keptTag = await Store.InsertAsync(kept, "1", Cancellation);
        var droppedTag = await Store.InsertAsync(dropped, "1", Cancellation);

        var tags = await Store.ChangeAsync(Key.Partition, [new RowChange.Insert(made, "2"), new RowChange.Delete(dropped, droppedTag), new RowChange.Replace(kept, "2", keptTag)], Cancellation);

        Assert.Equal("", tags[1]);
        Assert.Equal(new StoredRow(made, "2", tags[0]), await FindAsync(made));
        Assert.Null(await Store.FindAsync(dropped, Cancellation));
        Assert.Equal(new StoredRow(kept, "2", tags[2]), await FindAsync(kept));
    }

    [Fact]
    public async Task A_batch_with_one_conflict_changes_nothing_and_names_the_row()
    {
        var (made, stale) = (Key with { Row = "made" }, Key with { Row = "stale" });
        var tag = await Store.InsertAsync(stale, "1", Cancellation);

        var conflict = await Assert.ThrowsAsync<RowConflictException>(() => Store.ChangeAsync(
            Key.Partition,
            [new RowChange.Insert(made, "2"), new RowChange.Replace(stale, "2", tag + "0")],
            Cancellation));

        Assert.Equal(stale, conflict.Key);
        Assert.Null(await Store.FindAsync(made, Cancellation));
        Assert.Equal(new StoredRow(stale, "1", tag), await FindAsync(stale));
    }

    [Fact]
    public async Task An_empty_batch_is_no_change() => Assert.Empty(await Store.ChangeAsync(Key.Partition, [], Cancellation));

    [Fact]
    public async Task A_scan_takes_the_prefix_literally_and_answers_in_ordinal_order()
    {
        string[] rows = ["e_1", "e%1", "eX1", "E_1", "e_", "e_~", "e_10", "e_2", "f"];
        foreach (var row in rows) await Store.InsertAsync(Key with { Row = row }, row, Cancellation);
        await Store.InsertAsync(new RowKey("another", "e_1"), "not mine", Cancellation);

        Assert.Equal(["e_", "e_1", "e_10", "e_2", "e_~"], await RowsAsync("e_"));
        Assert.Equal(["e%1"], await RowsAsync("e%"));
        Assert.Equal(["E_1"], await RowsAsync("E"));
        Assert.Equal(rows.Order(StringComparer.Ordinal), await RowsAsync(""));
        Assert.Empty(await RowsAsync("g"));
    }

    [Fact]
    public async Task A_scan_of_nothing_is_one_empty_last_page()
    {
        var page = await Store.ScanAsync("nowhere", "", null, Cancellation);

        Assert.Empty(page.Rows);
        Assert.Null(page.Next);
    }

    [Fact]
    public async Task A_long_scan_comes_in_pages_without_gap_or_repeat()
    {
        var names = Enumerable.Range(0, RowLimits.PageMax + RowLimits.BatchMax).Select(n => n.ToString("d5", CultureInfo.InvariantCulture)).ToList();
        foreach (var batch in names.Chunk(RowLimits.BatchMax))
            await Store.ChangeAsync(Key.Partition, [.. batch.Select(name => new RowChange.Insert(Key with { Row = name }, name))], Cancellation);

        var first = await Store.ScanAsync(Key.Partition, "", null, Cancellation);

        Assert.True(first.Rows.Count <= RowLimits.PageMax);
        Assert.NotNull(first.Next);
        Assert.Equal(names, await RowsAsync(""));
    }

    [Fact]
    public async Task What_exceeds_the_limits_is_refused_before_anything_changes()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Store.InsertAsync(Key, new string('x', RowLimits.BodyMax + 1), Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.InsertAsync(Key with { Row = new string('x', RowRules.KeyMax + 1) }, "", Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.InsertAsync(Key with { Row = "a/b" }, "", Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.InsertAsync(Key with { Row = "" }, "", Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.ChangeAsync(Key.Partition, [new RowChange.Insert(Key with { Partition = "other" }, "")], Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.ChangeAsync(Key.Partition, [new RowChange.Insert(Key, ""), new RowChange.Delete(Key, "1")], Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.ChangeAsync(
            Key.Partition,
            [.. Enumerable.Range(0, RowLimits.BatchMax + 1).Select(n => new RowChange.Insert(Key with { Row = $"r{n}" }, ""))],
            Cancellation));

        Assert.Empty(await RowsAsync(""));
    }

    [Fact]
    public async Task The_largest_body_comes_back_whole()
    {
        var body = new string('ü', RowLimits.BodyMax);

        await Store.InsertAsync(Key, body, Cancellation);

        Assert.Equal(body, (await Store.FindAsync(Key, Cancellation))?.Body);
    }

    [Fact]
    public async Task Of_two_writers_exactly_one_wins()
    {
        var tag = await Store.InsertAsync(Key, "0", Cancellation);

        for (var round = 1; round <= 20; round++)
        {
            var read = tag;
            var bodies = new[] { $"{round}a", $"{round}b" };
            var outcomes = await Task.WhenAll(bodies.Select(body => Task.Run(() => TryReplaceAsync(body, read), Cancellation)));

            tag = Assert.Single(outcomes, outcome => outcome is not null)!;
            var winner = bodies[Array.FindIndex(outcomes, outcome => outcome is not null)];
            Assert.Equal(new StoredRow(Key, winner, tag), await FindAsync(Key));
        }
    }

    private async Task AssertAgeAsync(TimeSpan expected)
    {
        var age = (await Store.FindAsync(Key, Cancellation))!.Age;
        Assert.InRange(age ?? TimeSpan.MinValue, expected - AgeMayDiffer.Less, expected + AgeMayDiffer.More);
    }

    private async Task<string?> TryReplaceAsync(string body, string tag)
    {
        try
        {
            return await Store.ReplaceAsync(Key, body, tag, Cancellation);
        }
        catch (RowConflictException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<string>> RowsAsync(string prefix)
    {
        var rows = new List<string>();
        string? next = null;
        do
        {
            var page = await Store.ScanAsync(Key.Partition, prefix, next, Cancellation);
            rows.AddRange(page.Rows.Select(row => row.Key.Row));
            next = page.Next;
        }
        while (next is not null);

        return rows;
    }

    /// <summary>Without its age, which another test looks at.</summary>
    private async Task<StoredRow?> FindAsync(RowKey key) => await Store.FindAsync(key, Cancellation) is { } row ? row with { Age = null } : null;
}
