using MeshActors.ActorTests.Gateway;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Trust;

namespace MeshActors.ActorTests.Transports;

/// <summary>An organization of a test's own, with a join key.</summary>
internal sealed class Place
{
    private Place(RunningController controller, string name, string joinKey) => (Controller, Name, JoinKey) = (controller, name, joinKey);

    public RunningController Controller { get; }

    public string Name { get; }

    public string JoinKey { get; }

    public static async Task<Place> MakeAsync(RunningController controller)
    {
        var name = $"org-{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(5))}";
        await controller.Admin.CreateOrganizationAsync(new CreateOrganizationRequest { Name = name }, controller.AsAdmin());
        var key = await controller.Admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = name }, controller.AsAdmin());
        return new Place(controller, name, key.Secret);
    }

    public async Task<Machine> JoinAsync(IAgentTransport transport, string name, params string[] prefixes)
    {
        var machine = new Machine(name);
        Assert.NotNull((await machine.JoinAsync(transport, machine.Request(JoinKey, prefixes))).Joined);
        return machine;
    }

    public Task<Listening> ConnectAsync(IAgentTransport transport, Machine machine, params string[] prefixes) =>
        ConnectAsync(transport, machine, MeshMap.Empty, prefixes);

    /// <param name="has">What the machine says that it has.</param>
    public async Task<Listening> ConnectAsync(IAgentTransport transport, Machine machine, MeshMap has, params string[] prefixes)
    {
        Assert.True(Bearer.TryParse(machine.Credential(Name), Bearer.CredentialKind, out var credential));
        var hello = machine.Hello(prefixes);
        hello.HaveRevision = has.Revision;
        hello.HaveDigest = AgentMapping.DigestToWire(has.Digest);
        return await Listening.OpenAsync(transport, credential, hello, has);
    }

    public Task RemoveAsync(string node) =>
        Controller.Admin.RemoveNodeAsync(new RemoveNodeRequest { Organization = Name, Node = node }, Controller.AsAdmin()).ResponseAsync;
}

/// <summary>A stream as an agent holds it: every map is put together and its digest checked.</summary>
internal sealed class Listening : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IAgentExchange<AgentMessage, GatewayMessage> _exchange;
    private readonly MapAssembly _assembly;

    private Listening(IAgentExchange<AgentMessage, GatewayMessage> exchange, MeshMap map)
    {
        _exchange = exchange;
        _assembly = new MapAssembly(map);
    }

    public MeshMap Map => _assembly.Map;

    public int Messages { get; private set; }

    public int Deltas { get; private set; }

    public int WholeMaps { get; private set; }

    public bool IsWelcome { get; private set; }

    public static async Task<Listening> OpenAsync(IAgentTransport transport, Bearer? credential, Hello hello, MeshMap has)
    {
        using var late = new CancellationTokenSource(Patience);
        var exchange = await transport.ConnectAsync(credential, late.Token);
        await exchange.SendAsync(new AgentMessage { Hello = hello }, late.Token);
        return new Listening(exchange, has);
    }

    public Task SendAsync(AgentMessage message) => _exchange.SendAsync(message, CancellationToken.None);

    public async Task<MeshMap> UntilAsync(Func<MeshMap, bool> condition)
    {
        while (WholeMaps + Deltas == 0 || !condition(Map))
        {
            var message = await NextAsync();
            Assert.Null(message?.GoAway?.Reason);
            Assert.NotNull(message);
        }

        return Map;
    }

    public async Task<GoAway> UntilGoAwayAsync()
    {
        while (true)
        {
            if ((await NextAsync() ?? throw new InvalidOperationException("The stream ended without a GoAway.")).GoAway is { } away)
            {
                return away;
            }
        }
    }

    /// <summary>Null at the end.</summary>
    public async Task<GatewayMessage?> NextAsync()
    {
        using var late = new CancellationTokenSource(Patience);
        var message = await _exchange.ReceiveAsync(late.Token);
        Messages++;
        switch (message)
        {
            case { Welcome: not null }:
                IsWelcome = true;
                break;
            case { Chunk: { } chunk } when _assembly.Add(chunk):
                WholeMaps++;
                break;
            case { Delta: { } delta }:
                _assembly.Add(delta);
                Deltas++;
                break;
        }

        return message;
    }

    public ValueTask DisposeAsync() => _exchange.DisposeAsync();
}
