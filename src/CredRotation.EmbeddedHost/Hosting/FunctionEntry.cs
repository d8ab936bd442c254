using System.Reflection;

namespace CredRotation.EmbeddedHost.Hosting;

/// <summary>One function: its name, what runs it, and the method to run.</summary>
/// <param name="Trigger">The attribute on its first parameter.</param>
internal sealed record FunctionEntry(string Name, Attribute Trigger, MethodInfo Method);
