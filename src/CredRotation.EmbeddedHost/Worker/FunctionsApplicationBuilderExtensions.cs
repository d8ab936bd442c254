namespace Microsoft.Azure.Functions.Worker.Builder;

/// <summary>The shape in which Program.cs asks for HTTP; this host always has it.</summary>
public static class FunctionsApplicationBuilderExtensions
{
    public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder) => builder;
}
