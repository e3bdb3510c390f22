namespace MeshActors.ActorTests.Support;

/// <summary>Tests of what a process has one of, its instruments, traces and console: no others run beside them.</summary>
/// <remarks>Of the rest four collections run at a time (xunit.runner.json): they wait far more than they compute.</remarks>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
