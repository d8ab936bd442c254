using CredRotation.Providers.Http.Document;

namespace CredRotation.Providers.Http.Templates;

/// <summary>What, beside parameters, vault secrets and the target, exists when a template is filled.</summary>
[Flags]
internal enum Known { Nothing = 0, Ticket = 1, New = 2, Old = 4, Page = 8, Offset = 16, Found = 32, Material = 64, KeyPair = 128, Overlap = 256 }

/// <summary>What a template at one place of a file may hold.</summary>
internal sealed record TemplateRules(IReadOnlyDictionary<string, ParameterDeclaration> Parameters, Known Known, bool HasSecrets, bool IsUrl = false)
{
    /// <summary>A text of a JSON body, which alone can become a list.</summary>
    public bool IsJson { get; init; }

    /// <summary>A candidate's scheme read for the credential that manages itself: its secret is a management credential then.</summary>
    public bool IsSelf { get; init; }
}
