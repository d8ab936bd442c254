using CredRotation.Providers.Http.Document;

namespace CredRotation.Providers.Http.Templates;

/// <summary>What, beside parameters, vault secrets and the target, exists when a template is filled.</summary>
[Flags]
internal enum Known { Nothing = 0, Ticket = 1, New = 2, Old = 4, Page = 8 }

/// <summary>What a template at one place of a file may hold.</summary>
internal sealed record TemplateRules(IReadOnlyDictionary<string, ParameterDeclaration> Parameters, Known Known, bool HasSecrets, bool IsUrl = false)
{
    /// <summary>A text of a JSON body, which alone can become a list.</summary>
    public bool IsJson { get; init; }
}
