namespace MeshActors.SystemTests;

/// <summary>A test with its own organization on the shared controller; its machines go when it ends.</summary>
[Collection(SharedMesh.Name)]
public abstract class MeshTest(Mesh mesh) : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _made = [];

    protected Mesh Mesh => mesh;

    protected Controller Controller => mesh.Controller;

    protected string Organization { get; private set; } = null!;

    protected string JoinUrl { get; private set; } = null!;

    public async Task InitializeAsync() => (Organization, JoinUrl) = await NewOrganizationAsync();

    protected async Task<(string Name, string JoinUrl)> NewOrganizationAsync(params string[] options)
    {
        var name = mesh.NextOrganization();
        (await Controller.TryMeshctlAsync(["org", "create", name, .. options])).Succeeded();
        return (name, await Controller.JoinUrlAsync(name));
    }

    /// <summary>A machine on the internet, without meshd running yet.</summary>
    protected async Task<Node> NewNodeAsync(string name)
    {
        var machine = await Machine.CreateAsync(name);
        await machine.AttachToAsync(mesh.Internet, mesh.NextHost());
        return Keep(new Node(machine));
    }

    /// <summary>A machine on the internet that has joined: <c>meshd ARGUMENTS JOIN-URL</c>.</summary>
    protected async Task<Node> JoinAsync(string name, params string[] arguments) =>
        await (await NewNodeAsync(name)).StartAsync([.. arguments, JoinUrl]);

    /// <summary>A machine at 192.168.77.2 behind a NAT router that lets nothing in.</summary>
    protected async Task<Node> NewNodeAtHomeAsync(string name)
    {
        var router = Keep(await Machine.CreateAsync("home"));
        var machine = await Machine.CreateAsync(name);
        await machine.MoveBehindAsync(router, mesh.Internet, mesh.NextHost());
        return Keep(new Node(machine));
    }

    protected T Keep<T>(T made)
        where T : IAsyncDisposable
    {
        _made.Add(made);
        return made;
    }

    public async Task DisposeAsync()
    {
        foreach (var made in _made.AsEnumerable().Reverse())
        {
            await made.DisposeAsync();
        }
    }
}
