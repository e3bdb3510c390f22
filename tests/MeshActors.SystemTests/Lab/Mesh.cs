using System.Globalization;

namespace MeshActors.SystemTests.Lab;

/// <summary>One internet and one controller for all tests; each test makes its own organization and machines.</summary>
public sealed class Mesh : IAsyncLifetime
{
    private const int ControllerHost = 10;

    // 203.0.113.11 to .250: one number for each machine that a run ever makes.
    private const int LastHost = 250;

    private int _lastHost = ControllerHost;
    private int _lastOrganization;

    public Machine Internet { get; private set; } = null!;

    public Controller Controller { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (Requirements.Missing is { } sentence)
        {
            throw new InvalidOperationException(sentence);
        }

        Internet = await Machine.CreateAsync("internet");
        await Internet.BecomeInternetAsync();
        Controller = await NewControllerAsync(ControllerHost);
        await Controller.StartAsync();
    }

    /// <summary>Not started: what the test does to its machine first is up to the test.</summary>
    public async Task<Controller> NewControllerAsync(int? host = null)
    {
        var number = host ?? NextHost();
        var machine = await Machine.CreateAsync($"controller{number}");
        await machine.AttachToAsync(Internet, number);
        return new Controller(machine, $"203.0.113.{number}");
    }

    public int NextHost()
    {
        _lastHost++;
        Assert.True(_lastHost <= LastHost, "The lab's internet has no host number left: dispose machines, or widen it.");
        return _lastHost;
    }

    public string NextOrganization() => "team" + (++_lastOrganization).ToString(CultureInfo.InvariantCulture);

    public async Task DisposeAsync()
    {
        if (Controller is not null)
        {
            await Controller.DisposeAsync();
        }

        if (Internet is not null)
        {
            await Internet.DisposeAsync();
        }
    }
}

[CollectionDefinition(Name)]
public sealed class SharedMesh : ICollectionFixture<Mesh>
{
    public const string Name = "mesh";
}
