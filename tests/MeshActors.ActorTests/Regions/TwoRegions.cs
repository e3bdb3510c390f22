using Grpc.Core;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Controller.CommandLine;
using MeshActors.Domain;

namespace MeshActors.ActorTests.Regions;

/// <summary>
/// Two regions in this process: two clusters, two databases, one CA, real TLS between them through a proxy in each
/// direction. Organizations of the tests are at home in eu; most agents connect in us.
/// </summary>
internal sealed class TwoRegions : IAsyncDisposable
{
    public const string Organization = "default@eu";

    private readonly TempDirectory _euDirectory = new();
    private readonly TempDirectory _usDirectory = new();
    private readonly int _euPort = RunningController.FreePort();
    private readonly int _usPort = RunningController.FreePort();

    private readonly Func<ControllerOptions, ControllerOptions> _with;

    private TwoRegions(TimeSpan delay, Func<ControllerOptions, ControllerOptions>? with)
    {
        _with = with ?? (options => options);
        ToEu = new SlowProxy(_euPort, delay);
        ToUs = new SlowProxy(_usPort, delay);
    }

    public RunningController Eu { get; private set; } = null!;

    public RunningController Us { get; private set; } = null!;

    /// <summary>From us.</summary>
    public SlowProxy ToEu { get; }

    public SlowProxy ToUs { get; }

    public RegionHome EuHome => Eu.Get<RegionHome>();

    public static async Task<TwoRegions> StartAsync(TimeSpan delay = default, Func<ControllerOptions, ControllerOptions>? with = null)
    {
        var regions = new TwoRegions(delay, with);
        await regions.StartEuAsync();
        await regions.StartUsAsync();
        return regions;
    }

    // The first makes the CA, and the other takes it.
    public async Task StartEuAsync() => Eu = await RunningController.StartAsync(_euDirectory.Path, _euPort, options => _with(options) with
    {
        Region = RegionName.Parse("eu"),
        PeerRegions = [new PeerRegion(RegionName.Parse("us"), [ToUs.Url])],
    });

    public async Task StartUsAsync() => Us = await RunningController.StartAsync(_usDirectory.Path, _usPort, options => _with(options) with
    {
        Region = RegionName.Parse("us"),
        PeerRegions = [new PeerRegion(RegionName.Parse("eu"), [ToEu.Url])],
        CaDirectory = _euDirectory.Path,
    });

    public string EuCaDirectory => _euDirectory.Path;

    /// <summary>A node of eu's organization that joined at that gateway.</summary>
    public async Task<Machine> JoinedAsync(RunningController at, string name, params string[] prefixes)
    {
        var machine = new Machine(name);
        Assert.NotNull((await machine.JoinAsync(at, machine.Request(Eu.JoinKey.Reveal(), prefixes))).Joined);
        return machine;
    }

    public static Task<Machine.Stream> ConnectAsync(RunningController at, Machine machine, Hello? hello = null) =>
        machine.ConnectAsync(at, hello ?? machine.Hello(), machine.Credential(Organization));

    /// <summary>As that gateway has it.</summary>
    public static async Task<Contracts.Admin.V1.Organization> ShowAsync(RunningController at, string organization = Organization) =>
        await at.Admin.GetOrganizationAsync(new GetOrganizationRequest { Organization = organization }, at.AsAdmin());

    public static async Task MoveAsync(RunningController at, string to, string organization = Organization)
    {
        using var call = at.Admin.MoveOrganization(new MoveOrganizationRequest { Organization = organization, Region = to }, at.AsAdmin());
        var isSettled = false;
        await foreach (var step in call.ResponseStream.ReadAllAsync())
        {
            isSettled |= step.Settled;
        }

        Assert.True(isSettled);
    }

    public async ValueTask DisposeAsync()
    {
        await Us.DisposeAsync();
        await Eu.DisposeAsync();
        await ToEu.DisposeAsync();
        await ToUs.DisposeAsync();
        _euDirectory.Dispose();
        _usDirectory.Dispose();
    }
}
