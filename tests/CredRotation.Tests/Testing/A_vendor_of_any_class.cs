using CredRotation.Engine;
using CredRotation.Testing;
using Microsoft.Extensions.Time.Testing;

namespace CredRotation.Tests.Testing;

public sealed class A_vendor_of_any_class
{
    private const string Target = "target-1";
    private const string Marker = "rot-abcdef-rotation-1";
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero));

    public static TheoryData<string> Classes => [.. VendorClasses.All.Select(vendor => vendor.Name)];

    [Fact]
    public void Is_known_by_a_name_of_its_own()
        => Assert.Equal(VendorClasses.All.Count, VendorClasses.All.Select(vendor => vendor.Name).Distinct().Count());

    [Theory]
    [MemberData(nameof(Classes))]
    public void Behaves_no_worse_than_it_states(string name)
    {
        var vendor = VendorClasses.Find(name);

        Assert.True(vendor.ActivationDelay <= vendor.Traits.ActivationDelayMax);
        Assert.True(vendor.ListLag <= vendor.Traits.ListSettle);
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Refuses_who_cannot_manage(string name)
    {
        var model = Model(name, out _);

        var answer = model.Issue("host", new SecretText("wrong"), Order());

        Assert.Equal(401, answer.Error?.Status);
        Assert.Single(model.Credentials);
    }

    [Theory]
    [InlineData("overlap-list", true)]
    [InlineData("timer-issue", true)]
    [InlineData("timer-first-use", true)]
    [InlineData("pair-provider-made", true)]
    [InlineData("in-place-provider-made", false)]
    [InlineData("in-place-caller-made", false)]
    public void Lets_the_old_one_live_on_unless_it_is_replaced_in_place(string name, bool lives)
    {
        var model = Model(name, out var first);

        var issued = Issue(model);

        Assert.NotEqual(first.Value.RevealToRemote(), issued.Value.RevealToRemote());
        Assert.Equal(lives, model.Accepts(first.Value));
    }

    [Fact]
    public void Starts_the_old_ones_clock_at_issue_once()
    {
        var model = Model("timer-issue", out var first);

        var issued = model.Issue("host", model.ManagementValue, Order()).Value!;
        var end = issued.OldEndsOn;
        _clock.Advance(TimeSpan.FromHours(1));
        model.Issue("host", model.ManagementValue, Order(attempt: 2));

        Assert.Equal(end, model.FindById(first.Id)!.ClockEndsOn);
        Assert.Equal(_clock.GetUtcNow() + VendorClasses.OldLife, model.FindById(issued.Credential!.Id)!.ClockEndsOn);
        _clock.Advance(VendorClasses.OldLife);
        Assert.False(model.Accepts(first.Value));
    }

    [Fact]
    public void Starts_the_old_ones_clock_at_the_first_use_and_cancels_what_was_never_used()
    {
        var model = Model("timer-first-use", out var first);

        var unread = Issue(model);
        var read = Issue(model, attempt: 2);

        Assert.False(model.Accepts(unread.Value));
        Assert.Null(model.FindById(first.Id)!.ClockEndsOn);
        model.Use("host", read.Value);
        Assert.Equal(_clock.GetUtcNow() + VendorClasses.OldLife, model.FindById(first.Id)!.ClockEndsOn);
    }

    [Fact]
    public void Makes_nothing_before_a_person_approved()
    {
        var model = Model("timer-approval", out var first);

        var asked = model.Issue("host", model.ManagementValue, Order());
        model.Issue("host", model.ManagementValue, Order());
        var waiting = model.ReadBack("host", model.ManagementValue, Target, Marker);
        model.Do(Assert.Single(model.OpenErrands));
        var made = model.ReadBack("host", model.ManagementValue, Target, Marker);

        Assert.Null(asked.Value!.Credential);
        Assert.Null(waiting.Value!.Credential);
        Assert.True(model.Accepts(made.Value!.Credential!.Value));
        Assert.NotNull(model.FindById(first.Id)!.ClockEndsOn);
    }

    [Fact]
    public void Forgets_an_order_that_a_person_refused()
    {
        var model = Model("person-approval", out _);

        model.Issue("host", model.ManagementValue, Order());
        model.Refuse(Assert.Single(model.OpenErrands));

        Assert.Equal(404, model.ReadBack("host", model.ManagementValue, Target, Marker).Error?.Status);
        Assert.Single(model.Credentials);
    }

    [Fact]
    public void Answers_the_same_token_with_the_same_credential_for_as_long_as_it_says()
    {
        var model = Model("overlap-idempotent", out _);

        var one = Issue(model);
        var same = Issue(model);
        var other = model.Issue("host", model.ManagementValue, Order() with { ExpiresOn = _clock.GetUtcNow() });
        _clock.Advance(TimeSpan.FromHours(24));

        Assert.Equal(one.Id, same.Id);
        Assert.Equal(422, other.Error?.Status);
        Assert.NotEqual(one.Id, Issue(model).Id);
    }

    [Theory]
    [InlineData("overlap-caller-made")]
    [InlineData("pair-caller-made")]
    [InlineData("in-place-caller-made")]
    public void Sets_the_callers_value_and_sets_it_again_without_another(string name)
    {
        var model = Model(name, out _);
        var order = Order() with { Material = new SecretText("made by the caller") };

        var one = model.Issue("host", model.ManagementValue, order).Value!.Credential!;
        var again = model.Issue("host", model.ManagementValue, order).Value!.Credential!;

        Assert.Equal(one.Id, again.Id);
        Assert.True(model.Accepts(order.Material));
        Assert.Equal(422, model.Issue("host", model.ManagementValue, Order()).Error?.Status);
    }

    [Fact]
    public void Writes_only_the_idle_slot_of_a_pair()
    {
        var model = Model("pair-provider-made", out var first);

        var second = Issue(model);
        var third = Issue(model);
        model.Retire("host", model.ManagementValue, Target, "key1");

        Assert.Equal(("key1", "key2", "key2"), (first.Slot, second.Slot, third.Slot));
        Assert.False(model.Accepts(second.Value));
        Assert.True(model.Accepts(third.Value));
        Assert.False(model.Accepts(first.Value));
    }

    [Fact]
    public void Retires_a_primary_only_by_promoting_the_secondary()
    {
        var model = Model("pair-promote", out var first);

        var tooEarly = model.Retire("host", model.ManagementValue, Target, first.Id);
        var second = Issue(model);
        model.Retire("host", model.ManagementValue, Target, first.Id);

        Assert.Equal(409, tooEarly.Error?.Status);
        Assert.False(model.Accepts(first.Value));
        Assert.True(model.Accepts(second.Value));
    }

    [Fact]
    public void Lists_what_was_there_before_the_lag()
    {
        var model = Model("overlap-list-lagging", out var first);
        _clock.Advance(TimeSpan.FromHours(1));

        var issued = Issue(model);
        var before = model.List("host", model.ManagementValue, Target).Value!;
        _clock.Advance(TimeSpan.FromMinutes(2));
        var after = model.List("host", model.ManagementValue, Target).Value!;

        Assert.Equal([first.Id], before.Select(credential => credential.Id));
        Assert.Equal([first.Id, issued.Id], after.Select(credential => credential.Id));
    }

    [Fact]
    public void Is_full_until_one_is_retired()
    {
        var model = Model("overlap-two-slots", out var first);
        Issue(model);

        var third = model.Issue("host", model.ManagementValue, Order(attempt: 2));
        model.Retire("host", model.ManagementValue, Target, first.Id);

        Assert.Equal("quota", third.Error?.Code);
        Assert.True(model.Issue("host", model.ManagementValue, Order(attempt: 2)).IsOk);
    }

    [Fact]
    public void Retires_by_value_where_nothing_has_an_id()
    {
        var model = Model("overlap-no-list", out var first);

        var list = model.List("host", model.ManagementValue, Target);
        model.RetireByValue("host", model.ManagementValue, Target, first.Value);

        Assert.False(list.IsOk);
        Assert.False(model.Accepts(first.Value));
        Assert.Equal(404, model.RetireByValue("host", model.ManagementValue, Target, first.Value).Error?.Status);
    }

    [Fact]
    public void Deletes_only_what_is_disabled()
    {
        var model = Model("overlap-disable-delete", out var first);

        var tooEarly = model.Retire("host", model.ManagementValue, Target, first.Id);
        model.Disable("host", model.ManagementValue, Target, first.Id);
        var disabled = model.FindById(first.Id)!.StateAt(_clock.GetUtcNow());
        model.Retire("host", model.ManagementValue, Target, first.Id);

        Assert.Equal(409, tooEarly.Error?.Status);
        Assert.Equal(VendorCredentialState.Disabled, disabled);
        Assert.Equal(VendorCredentialState.Dead, model.FindById(first.Id)!.StateAt(_clock.GetUtcNow()));
    }

    [Fact]
    public void Keeps_the_old_one_until_the_person_retired_it()
    {
        var model = Model("person-no-api", out var first);

        var asked = model.Retire("host", model.ManagementValue, Target, first.Id);
        var before = model.Accepts(first.Value);
        model.Do(Assert.Single(model.OpenErrands));

        Assert.Equal(202, asked.Error?.Status);
        Assert.True(before);
        Assert.False(model.Accepts(first.Value));
    }

    [Fact]
    public void Refuses_a_new_credential_until_it_is_active()
    {
        var model = Model("overlap-list", out _);

        var issued = Issue(model);
        var early = model.Accepts(issued.Value);
        _clock.Advance(model.Class.ActivationDelay);

        Assert.False(early);
        Assert.True(model.Accepts(issued.Value));
    }

    [Fact]
    public void Writes_down_every_call_with_what_it_stopped()
    {
        var model = Model("in-place-provider-made", out var first);

        Issue(model);

        var request = Assert.Single(model.Requests, request => request.Operation == "issue");
        Assert.Equal([first.Id], request.Stopped);
        Assert.Equal(Marker, request.Marker);
        Assert.Equal("host", request.Caller);
    }

    private VendorModel Model(string name, out VendorCredential first)
    {
        var model = new VendorModel(_clock, 1, VendorClasses.Find(name));
        first = model.Add(Target);
        return model;
    }

    private static VendorCredential Issue(VendorModel model, int attempt = 1)
    {
        var order = Order(attempt);
        if (model.Class.Traits.SecretOrigin is not SecretOrigin.Provider) order = order with { Material = new SecretText($"material {attempt}") };
        return model.Issue("host", model.ManagementValue, order).Value!.Credential!;
    }

    private static VendorOrder Order(int attempt = 1)
        => new(Target, $"rot-abcdef-rotation-{attempt}", $"token-{attempt}", new DateTimeOffset(2027, 2, 20, 8, 0, 0, TimeSpan.Zero), "key1", null);
}
