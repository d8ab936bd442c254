using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Provider;

namespace CredRotation.Tests.Runbooks;

/// <summary>The variables of one job behind <c>$env:</c>, so that a test touches nothing that the process has.</summary>
[CmdletProvider("Environment", ProviderCapabilities.None)]
public sealed class JobEnvironment : ContainerCmdletProvider, IContentCmdletProvider
{
    /// <summary>The session's variable that holds them.</summary>
    public const string Variables = "JobVariables";

    protected override Collection<PSDriveInfo> InitializeDefaultDrives() => [new PSDriveInfo("Env", ProviderInfo, "", "", null)];

    protected override bool IsValidPath(string path) => true;

    protected override bool ItemExists(string path) => Find(path) is not null;

    protected override void GetItem(string path)
    {
        if (Find(path) is { } value) WriteItemObject(new DictionaryEntry(path, value), path, isContainer: false);
    }

    public IContentReader? GetContentReader(string path) => new Reader(Find(path));

    public object? GetContentReaderDynamicParameters(string path) => null;

    public IContentWriter GetContentWriter(string path) => throw new NotSupportedException();

    public object? GetContentWriterDynamicParameters(string path) => null;

    public void ClearContent(string path) => throw new NotSupportedException();

    public object? ClearContentDynamicParameters(string path) => null;

    private string? Find(string path)
        => SessionState.PSVariable.GetValue(Variables) is IReadOnlyDictionary<string, string> variables && variables.TryGetValue(path.TrimStart('\\', '/'), out var value) ? value : null;

    private sealed class Reader(string? value) : IContentReader
    {
        private string? _left = value;

        public IList Read(long readCount)
        {
            if (_left is not { } all) return new ArrayList();
            _left = null;
            return new ArrayList { all };
        }

        public void Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public void Close()
        {
            // Nothing is held.
        }

        public void Dispose() => Close();
    }
}
