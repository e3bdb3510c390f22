namespace MeshActors.Cluster.Hosting;

/// <summary>What a process must know to be, or to join, a mesh's controllers.</summary>
public sealed record MeshOptions
{
    /// <summary>The journal's directory, which exists. One process at a time may use it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Files with Akka's own keys, which override those of the software; an earlier one overrides a later one.</summary>
    public IReadOnlyList<string> ConfigFiles { get; init; } = [];

    /// <summary>The software's own configuration files.</summary>
    public string HoconDirectory { get; init; } = Path.Combine(AppContext.BaseDirectory, "hocon");

    /// <summary>How this process is called in a node's list of sessions.</summary>
    public string GatewayName { get; init; } = Environment.MachineName;

    /// <summary>Shards of each kind of entity: about ten for each process there may ever be. Fixed for ever.</summary>
    public const int Shards = 120;

    internal string DatabaseFile => Path.Combine(DataDirectory, "mesh.db");
}
