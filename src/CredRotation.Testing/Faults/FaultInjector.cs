using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>
/// Breaks chosen calls to simulated remotes. An operation is called <c>vault.write@staging</c>; a rule for <c>vault.write</c> meets it at
/// every vault. It lives beside the models and never in the app.
/// </summary>
public sealed class FaultInjector(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Rule> _rules = [];
    private readonly List<string> _operations = [];

    /// <summary>Called around every effect, with the full operation name. Tests kill a process here.</summary>
    public Func<string, FaultPoint, Task>? Hook { get; set; }

    /// <summary>Asked for a fault before every call that no rule breaks. A simulation chooses here.</summary>
    public Func<string, Fault?>? Choose { get; set; }

    /// <summary>Every operation that was tried, in order.</summary>
    public IReadOnlyList<string> Operations
    {
        get
        {
            lock (_gate) return [.. _operations];
        }
    }

    /// <summary>Breaks the <paramref name="occurrence"/>-th matching call from now on, and <paramref name="times"/> in a row; an empty <paramref name="operation"/> matches every call.</summary>
    public void Add(string operation, Fault fault, int occurrence = 1, int times = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(occurrence);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(times);
        lock (_gate) _rules.Add(new Rule(operation, fault, occurrence, times));
    }

    /// <summary>Ends all faults; what is late stays late.</summary>
    public void Clear()
    {
        lock (_gate) _rules.Clear();
    }

    /// <summary>Runs an effect for a face without wire: a refusal is the answer, everything lost is an exception.</summary>
    public async Task<Answer<T>> RunAsync<T>(string operation, Func<Answer<T>> effect, CancellationToken cancellationToken)
    {
        // As every HTTP client does: what was cancelled before it was sent is not sent.
        cancellationToken.ThrowIfCancellationRequested();
        var fault = await BeginAsync(operation);
        if (fault is Fault.Refuse refusal) return Refusal(refusal);
        if (fault is Fault.DropBefore) throw Lost(operation);
        var answer = fault is Fault.Late late ? await LandAsync(late.By, effect).WaitAsync(cancellationToken) : effect();
        await LeaveAsync(operation, fault, cancellationToken);
        return fault is Fault.DropAfter or Fault.Garbage ? throw Lost(operation) : answer;
    }

    /// <summary>Before an effect: answers the fault that the face has to carry out.</summary>
    public async Task<Fault?> EnterAsync(string operation, CancellationToken cancellationToken)
    {
        var fault = await BeginAsync(operation);
        if (fault is Fault.Late late) await Task.Delay(late.By, time, cancellationToken);
        return fault;
    }

    private async Task<Fault?> BeginAsync(string operation)
    {
        var fault = Next(operation) ?? Choose?.Invoke(operation);
        if (Hook is { } hook) await hook(operation, FaultPoint.Before);
        return fault;
    }

    /// <summary>On its way already: the caller may go, the effect lands all the same.</summary>
    private async Task<Answer<T>> LandAsync<T>(TimeSpan by, Func<Answer<T>> effect)
    {
        await Task.Delay(by, time, CancellationToken.None);
        return effect();
    }

    /// <summary>After an effect and before its answer.</summary>
    public async Task LeaveAsync(string operation, Fault? fault, CancellationToken cancellationToken)
    {
        if (Hook is { } hook) await hook(operation, FaultPoint.After);
        if (fault is Fault.LateAnswer late) await Task.Delay(late.By, time, cancellationToken);
    }

    /// <summary>The error a refusal stands for.</summary>
    public static RemoteError Refusal(Fault.Refuse refusal)
        => new(refusal.Status, refusal.Code, refusal.InnerCode, $"The sandbox refuses this call with {refusal.Status} {refusal.Code}.");

    private static RemoteTroubleException Lost(string operation)
        => new(operation.Split('.')[0], RemoteTrouble.Unknown, $"The connection ended during {operation}.");

    private Fault? Next(string operation)
    {
        lock (_gate)
        {
            _operations.Add(operation);
            Fault? fault = null;
            foreach (var rule in _rules.Where(rule => rule.Concerns(operation)))
            {
                var hit = rule.Count();
                fault ??= hit;
            }

            return fault;
        }
    }

    private sealed class Rule(string operation, Fault fault, int occurrence, int times)
    {
        private int _seen;

        public bool Concerns(string actual)
            => operation.Length == 0 || actual == operation || actual.StartsWith($"{operation}@", StringComparison.Ordinal);

        public Fault? Count()
        {
            _seen++;
            return _seen >= occurrence && _seen < occurrence + times ? fault : null;
        }
    }
}
