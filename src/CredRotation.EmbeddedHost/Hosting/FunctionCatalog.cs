using System.Reflection;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Every function of the app, found by the attributes that the official host reads.</summary>
internal sealed record FunctionCatalog(IReadOnlyList<FunctionEntry> Functions)
{
    public static FunctionCatalog Of(Assembly assembly)
        => new([.. from type in assembly.GetExportedTypes()
                   from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                   let function = method.GetCustomAttribute<FunctionAttribute>()
                   where function is not null
                   orderby function.Name
                   select new FunctionEntry(function.Name, TriggerOf(method), method)]);

    public FunctionEntry? Find(string? name) => Functions.FirstOrDefault(function => string.Equals(function.Name, name, StringComparison.OrdinalIgnoreCase));

    public IEnumerable<(FunctionEntry Function, TTrigger Trigger)> By<TTrigger>()
        where TTrigger : Attribute
        => from function in Functions
           where function.Trigger is TTrigger
           select (function, (TTrigger)function.Trigger);

    private static Attribute TriggerOf(MethodInfo method)
        => method.GetParameters() is [var first, ..] && first.GetCustomAttributes().FirstOrDefault(attribute => attribute is TimerTriggerAttribute or QueueTriggerAttribute or EventGridTriggerAttribute or HttpTriggerAttribute) is { } trigger
            ? trigger
            : throw new InvalidOperationException($"{method.DeclaringType?.Name}.{method.Name} is a function whose first parameter carries no trigger.");
}
