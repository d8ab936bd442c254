namespace CredRotation.Tests.Servers;

/// <summary>Tests that lean on the whole machine, a browser or killed processes under a load: one after the other, so that none is measured by another's haste.</summary>
[CollectionDefinition(Name)]
public sealed class WholeMachine
{
    public const string Name = "the whole machine";
}
