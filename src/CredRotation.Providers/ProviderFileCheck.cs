using CredRotation.Providers.Http.Document;
using CredRotation.Providers.Http.Requests;

namespace CredRotation.Providers;

/// <summary>One request that a provider file describes, its places not filled.</summary>
/// <param name="Operation">What it is for, for example <c>issue</c>, or <c>issue token</c> for the token it needs first.</param>
/// <param name="Asks">How it shows who asks, without any value.</param>
public sealed record DescribedCall(string Operation, string Method, string Url, IReadOnlyList<string> Headers, string Body, string Asks, IReadOnlyList<int> SuccessStatuses);

/// <summary>What a check of a provider file came to.</summary>
/// <param name="Kind">Null when the file cannot be used.</param>
/// <param name="Problems">Everything that is wrong with it, each with its line.</param>
/// <param name="SecretNames">The management credentials that an account must name.</param>
public sealed record ProviderFileVerdict(string? Kind, IReadOnlyList<string> Problems, IReadOnlyList<string> Parameters, IReadOnlyList<string> SecretNames, IReadOnlyList<DescribedCall> Calls);

/// <summary>Reads a provider file as a start of the app does, and describes every call it would make; sends none.</summary>
public static class ProviderFileCheck
{
    public static ProviderFileVerdict Run(ProviderFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var problems = new List<ProviderFileProblem>();
        var document = DocumentReader.Read(file, problems);
        if (document is null || problems.Count > 0) return new ProviderFileVerdict(null, [.. problems.Select(problem => Told(file, problem))], [], [], []);

        return new ProviderFileVerdict(
            document.Provider,
            [],
            [.. document.Parameters.Select(parameter => $"{parameter.Key}: {Word(parameter.Value.Type)}{(parameter.Value.Default is { } standard ? $", {standard} unless set" : "")}")],
            document.SecretNames,
            [.. document.Operations.Named.SelectMany(Describe)]);
    }

    /// <summary>A problem with the line that its place is at.</summary>
    public static string Told(ProviderFile file, ProviderFileProblem problem)
        => JsonLines.Find(file.Text, problem.Place) is { } line ? $"{file.Name} line {line} {problem.Place} {problem.What}: {problem.Remedy}." : problem.ToString();

    private static IEnumerable<DescribedCall> Describe((string Name, Operation? Call, AuthScheme Auth) operation)
    {
        if (operation.Auth.Token is { } token) yield return Describe($"{operation.Name} token", token.Call);
        if (operation.Call is { } call) yield return Describe(operation.Name, call);
    }

    private static DescribedCall Describe(string name, Operation operation)
        => new(
            name,
            operation.Request.Method.Method,
            operation.Request.Url.Text,
            [.. operation.Request.Headers.Select(header => $"{header.Name}: {header.Value}")],
            operation.Request.Body switch
            {
                BodyTemplate.Form form => string.Join('&', form.Fields.Select(field => $"{field.Key}={field.Value}")),
                BodyTemplate.Json json => Text(json.Value),
                _ => "",
            },
            Asks(operation.Auth),
            operation.SuccessStatuses);

    private static string Asks(AuthScheme auth)
        => auth.Token is not null ? "Bearer, with the token before"
            : auth.IdentityScope is { } scope ? $"Bearer, the app's own identity for {scope}"
            : auth.Signed is { } signed ? $"signed by {signed.Signer.Name}"
            : auth.User is not null ? $"Basic {auth.User}:{auth.Password}"
            : auth.Headers.Count == 0 ? "nobody"
            : string.Join(", ", auth.Headers.Select(header => $"{header.Name}: {header.Value}"));

    private static string Text(JsonTemplate json) => json switch
    {
        JsonTemplate.Text text => text.Value.Only is { IsNumber: true } or { IsWhole: true } ? text.Value.Text : $"\"{text.Value}\"",
        JsonTemplate.Constant constant => constant.Value.GetRawText(),
        JsonTemplate.Items items => $"[{string.Join(", ", items.Values.Select(Text))}]",
        JsonTemplate.Members members => $"{{{string.Join(", ", members.Values.Select(member => $"\"{member.Key}\": {Text(member.Value)}"))}}}",
        _ => "",
    };

    private static string Word(ParameterType type) => type switch
    {
        ParameterType.Uri => "an address",
        ParameterType.Integer => "a whole number",
        ParameterType.Duration => "a duration",
        ParameterType.List => "a list",
        ParameterType.Json => "JSON",
        _ => "a text",
    };
}
