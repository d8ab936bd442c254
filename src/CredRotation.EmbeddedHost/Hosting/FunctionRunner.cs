using System.Reflection;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>Runs one function with its input, in a scope of its own.</summary>
internal sealed class FunctionRunner(IServiceScopeFactory scopes, HostActivity activity)
{
    /// <summary>Answers what the function answered; null for one that answers nothing.</summary>
    public async Task<object?> RunAsync(FunctionEntry function, object input, CancellationToken cancellationToken)
    {
        using var working = activity.Enter();
        await using var scope = scopes.CreateAsyncScope();
        var instance = ActivatorUtilities.CreateInstance(scope.ServiceProvider, function.Method.DeclaringType!);
        object?[] arguments = [.. function.Method.GetParameters().Select((parameter, index) => index == 0 ? input : Argument(parameter, cancellationToken))];

        var running = (Task)function.Method.Invoke(instance, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
        await running;
        return running.GetType().GetProperty(nameof(Task<>.Result))?.GetValue(running);
    }

    private static CancellationToken Argument(ParameterInfo parameter, CancellationToken cancellationToken)
        => parameter.ParameterType == typeof(CancellationToken)
            ? cancellationToken
            : throw new InvalidOperationException($"This host has nothing to give parameter '{parameter.Name}' of {parameter.Member.Name}.");
}
