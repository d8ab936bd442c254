namespace Microsoft.Azure.Functions.Worker;

/// <summary>Names a function, as the worker's attribute does.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FunctionAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
