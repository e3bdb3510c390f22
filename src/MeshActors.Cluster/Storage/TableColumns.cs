namespace MeshActors.Cluster.Storage;

/// <summary>Where rows go, and in which order their values are.</summary>
internal sealed record TableColumns(string Table, params string[] Columns);
