using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using CredRotation.Engine;
using CredRotation.Testing;

namespace CredRotation.Tests.Engine;

public sealed class What_monitoring_sees : IDisposable
{
    /// <summary>Sources are the process's: what other tests do at the same time is not ours.</summary>
    private static readonly AsyncLocal<What_monitoring_sees?> s_mine = new();

    private readonly ActivityListener _spans;
    private readonly MeterListener _meters = new();
    private readonly ConcurrentQueue<Activity> _seen = new();
    private readonly ConcurrentQueue<(string Name, string Tags, double Value)> _measured = new();

    public What_monitoring_sees()
    {
        s_mine.Value = this;
        _spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RotationTelemetry.Name,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (s_mine.Value == this) _seen.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(_spans);
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RotationTelemetry.Name) listener.EnableMeasurementEvents(instrument);
        };
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _meters.Start();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _spans.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task Is_one_trace_over_every_visit_and_host_with_a_span_per_step()
    {
        s_mine.Value = this;
        await using var world = new RotationWorld();
        await world.SweepAsync(Stop);
        // Another process goes on where the first one stopped.
        var other = world.AddHost();
        var rotation = await world.RotationAsync(Stop);
        await world.Host.Registry.TellAsync(world.Credential, new CredRotation.Engine.Registry.InboxItem.Approve(world.Clock.GetUtcNow(), rotation.Id, rotation.PlanHash, RotationWorld.OwnerOne, "owner-1"), Stop);
        await other.Engine.AdvanceAsync(world.Credential, Stop);
        await world.PassAsync(TimeSpan.FromDays(2), Stop);
        Assert.Equal(RotationState.Retired, (await world.RotationAsync(Stop, 1)).State);

        var trace = RotationTelemetry.ContextOf(rotation.Id).TraceId;
        // The visit that closed it looked at once for the next one.
        var spans = _seen.Where(span => span.TraceId == trace && span.OperationName != "detect").ToList();
        var steps = spans.Where(span => span.OperationName != "visit").Select(span => span.OperationName).ToList();
        Assert.Equal(RotationTelemetry.Steps.Skip(1), steps.Where(RotationTelemetry.Steps.Contains).Distinct());
        Assert.True(spans.Count(span => span.OperationName == "visit") > 1);
        Assert.All(spans, span => Assert.Equal(rotation.Id.Value, span.GetTagItem("credrotation.rotation")));
    }

    [Fact]
    public async Task Counts_what_the_ledger_holds()
    {
        s_mine.Value = this;
        await using var world = new RotationWorld();
        await world.SweepAsync(Stop);
        await world.PassAsync(TimeSpan.FromHours(3), Stop);
        await world.ApproveAsync(RotationWorld.OwnerOne, Stop);
        await world.PassAsync(TimeSpan.FromDays(2), Stop);

        var held = (await world.LedgerAsync(Stop)).Count(entry => entry.What == "Held");
        Assert.Equal(held, _measured.Count(measured => measured.Name == "credrotation.hold"));
        Assert.Contains(_measured, measured => measured is { Name: "credrotation.hold", Tags: "reason=ApprovalNeeded" });
        Assert.Contains(_measured, measured => measured is { Name: "credrotation.heartbeat", Tags: "name=sweep" });
        Assert.Contains(_measured, measured => measured is { Name: "credrotation.heartbeat", Tags: "name=wake" });
        Assert.All(RotationTelemetry.Steps, step => Assert.Contains(_measured, measured => measured.Name == $"credrotation.{step}.duration" && measured.Tags == "outcome=moved" && measured.Value >= 0));
    }

    [Fact]
    public async Task Is_an_error_where_a_remote_had_trouble()
    {
        s_mine.Value = this;
        await using var world = new RotationWorld();
        world.Faults.Add("vault.read@payments", new Fault.DropBefore(), times: 100);
        await world.SweepAsync(Stop);
        await world.ApproveAsync(RotationWorld.OwnerOne, Stop);
        await world.PassAsync(TimeSpan.FromMinutes(5), Stop);

        Assert.Contains(_seen, span => span.Status == ActivityStatusCode.Error && (string?)span.GetTagItem("credrotation.outcome") == "trouble");
    }

    [Fact]
    public async Task Names_no_vault_secret_or_person_in_a_dimension()
    {
        s_mine.Value = this;
        await using var world = new RotationWorld();
        await world.SweepAsync(Stop);
        await world.ApproveAsync(RotationWorld.OwnerOne, Stop);
        await world.PassAsync(TimeSpan.FromDays(2), Stop);

        Assert.All(_measured, measured => Assert.Matches("^(outcome|reason|name|code|queue)=[A-Za-z-]+$|^$", measured.Tags));
        Assert.Empty(_measured.Select(measured => measured.Name).Except([.. RotationTelemetry.Counts, .. RotationTelemetry.Steps.Select(step => $"credrotation.{step}.duration")]));
    }

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (s_mine.Value != this) return;
        var words = new List<string>();
        foreach (var tag in tags) words.Add($"{tag.Key}={tag.Value}");
        _measured.Enqueue((instrument.Name, string.Join(',', words), value));
    }
}
