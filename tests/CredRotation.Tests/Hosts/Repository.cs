namespace CredRotation.Tests.Hosts;

/// <summary>Finds the repository's own files, from wherever the tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static IEnumerable<string> Sources(string folder, string pattern)
        => Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    private static string Find(string? folder)
        => folder is null ? throw new InvalidOperationException("CredRotation.sln is nowhere above the tests.")
            : File.Exists(Path.Combine(folder, "CredRotation.sln")) ? folder
            : Find(Path.GetDirectoryName(folder));
}
