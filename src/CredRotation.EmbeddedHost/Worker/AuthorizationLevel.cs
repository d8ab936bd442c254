namespace Microsoft.Azure.Functions.Worker;

/// <summary>Which host key a request needs; ours need none, since callers sign in.</summary>
public enum AuthorizationLevel { Anonymous, User, Function, System, Admin }
