using System.Globalization;
using System.Text.Json.Nodes;
using CredRotation.Engine;

namespace CredRotation.Testing;

/// <summary>What Azure Resource Manager answers to an action.</summary>
/// <param name="Operation">What is under way and can be watched; null when it is done.</param>
public sealed record ArmReceipt(int Status, JsonObject? Body, string? Operation);

/// <summary>Behaves like the keys of Azure resources: each type in its own words, some at once and some later.</summary>
public sealed class ArmModel(TimeProvider time, int seed)
{
    private const int KeyBytes = 32;

    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, ArmResource> _resources = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Operation> _operations = [];

    /// <summary>How long an operation takes.</summary>
    public TimeSpan OperationTime { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Whether the caller's identity holds a role on the resources.</summary>
    public bool IsGranted { get; set; } = true;

    /// <summary>Whether a lock stands on the resources.</summary>
    public bool IsLocked { get; set; }

    public bool IsAnythingUnderWay
    {
        get
        {
            lock (_gate) return _operations.Any(operation => operation.EndsOn > time.GetUtcNow());
        }
    }

    public ArmResource Add(string path, string type)
    {
        lock (_gate) return _resources[path] = new ArmResource(path, ArmKeyApis.All.Single(api => api.Type == type), Make);
    }

    /// <summary>The resource that a path begins with, and what follows.</summary>
    public (ArmResource Resource, string Action)? Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        lock (_gate)
        {
            return _resources.Values.FirstOrDefault(resource => path.StartsWith($"{resource.Path}/", StringComparison.OrdinalIgnoreCase)) is { } found
                ? (found, path[(found.Path.Length + 1)..])
                : null;
        }
    }

    /// <summary>Whether a resource takes this key, or a connection string with it, at this moment.</summary>
    public bool Accepts(SecretText value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            Settle();
            return _resources.Values.Any(resource => resource.Holds(value.RevealToRemote()));
        }
    }

    public Answer<ArmReceipt> Act(ArmResource resource, string action, string? apiVersion, JsonObject? body)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(action);
        lock (_gate)
        {
            Settle();
            var api = resource.Api;
            if (!IsGranted) return new RemoteError(403, "AuthorizationFailed", null, "The client does not have authorization to perform this action.");
            if (apiVersion is null || !api.ApiVersions.Contains(apiVersion)) return new RemoteError(400, "InvalidApiVersionParameter", null, "The api-version is invalid.");
            // Both actions are POST, so that a lock against writing stops the list as well.
            if (IsLocked) return new RemoteError(409, "ScopeLocked", null, "The scope cannot perform this operation because it is locked.");
            if (action == api.List) return new ArmReceipt(200, api.Listed(resource), null);
            if (api.SlotOf(resource, action, body) is not { } slot) return new RemoteError(400, "BadRequest", null, "The request is not valid.");
            if (_operations.Any(operation => operation.Resource == resource && !operation.IsDone)) return new RemoteError(412, "PreconditionFailed", null, "There is already an operation in progress.");
            if (api.Style is ArmOperationStyle.AtOnce)
            {
                resource.Write(slot);
                return api.Regenerated(resource, slot) is { } answer ? new ArmReceipt(200, answer, null) : new ArmReceipt(204, null, null);
            }

            var begun = new Operation(string.Create(CultureInfo.InvariantCulture, $"operation-{_operations.Count + 1}"), resource, slot, time.GetUtcNow() + OperationTime);
            _operations.Add(begun);
            return new ArmReceipt(202, null, begun.Id);
        }
    }

    /// <summary>Null: there is no such operation.</summary>
    public (ArmOperationStyle Style, bool IsDone)? Watch(string operation)
    {
        lock (_gate)
        {
            Settle();
            return _operations.FirstOrDefault(known => known.Id == operation) is { } found ? (found.Resource.Api.Style, found.IsDone) : null;
        }
    }

    private void Settle()
    {
        foreach (var operation in _operations.Where(operation => !operation.IsDone && operation.EndsOn <= time.GetUtcNow()))
        {
            operation.Resource.Write(operation.Slot);
            operation.IsDone = true;
        }
    }

    private string Make()
    {
        var bytes = new byte[KeyBytes];
        _random.NextBytes(bytes);
        return Convert.ToBase64String(bytes);
    }

    private sealed class Operation(string id, ArmResource resource, string slot, DateTimeOffset endsOn)
    {
        public string Id => id;

        public ArmResource Resource => resource;

        public string Slot => slot;

        public DateTimeOffset EndsOn => endsOn;

        public bool IsDone { get; set; }
    }
}
