namespace MeshActors.ActorTests.Support;

/// <summary>Tests of what a process has one of, its instruments, traces and console: no others run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
