using Grpc.Core;
using Grpc.Net.Client;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;
using MeshActors.Domain;
using MeshActors.Domain.Maps;

namespace MeshActors.Benchmarks.Load;

/// <summary>Makes organizations, removes nodes, and reads journals to know what each map must be.</summary>
internal sealed class Operator(ControllerUnderLoad controller) : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, Replay> _journals = [];
    private readonly string _token = controller.AdminToken;
    private readonly GrpcChannel _channel = Open(controller);

    private Admin.AdminClient Admin => new(_channel);

    /// <returns>Its reusable join key.</returns>
    public async Task<string> CreateOrganizationAsync(string name)
    {
        await Admin.CreateOrganizationAsync(new CreateOrganizationRequest { Name = name }, Call());
        return (await Admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = name }, Call())).Secret;
    }

    public async Task RemoveNodeAsync(string organization, NodeId node) =>
        await Admin.RemoveNodeAsync(new RemoveNodeRequest { Organization = organization, Node = node.ToString() }, Call());

    /// <summary>The organization's map as its journal has it, each row and the chain verified.</summary>
    /// <exception cref="InvalidOperationException">The journal is wrong.</exception>
    public async Task<MeshMap> MapOfJournalAsync(string organization)
    {
        if (!_journals.TryGetValue(organization, out var replay))
        {
            _journals[organization] = replay = new Replay();
        }

        using var call = Admin.ExportEvents(new ExportEventsRequest { Organization = organization, FromRevision = replay.Revision + 1 }, Call());
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            foreach (var row in call.ResponseStream.Current.Rows)
            {
                if (replay.TryAdd(new JournalRow(row.Revision, row.Manifest, row.Record.Memory), out _) is { } wrong)
                {
                    throw new InvalidOperationException($"The journal of '{organization}': {wrong.Message}");
                }
            }
        }

        return MeshMap.Of(replay.State, replay.Revision);
    }

    /// <summary>What the journal stores of a join.</summary>
    public async Task<EventRow> JoinRowAsync(string organization)
    {
        using var call = Admin.ExportEvents(new ExportEventsRequest { Organization = organization }, Call());
        await call.ResponseStream.MoveNext(CancellationToken.None);
        return call.ResponseStream.Current.Rows.First(row => row.Manifest.StartsWith("org.node-joined", StringComparison.Ordinal));
    }

    public void Dispose() => _channel.Dispose();

    private CallOptions Call() => new(
        new Metadata { { "authorization", $"Bearer {_token}" } }, TimeProvider.System.GetUtcNow().Add(CallTimeout).UtcDateTime);

    private static GrpcChannel Open(ControllerUnderLoad controller)
    {
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        handler.SslOptions.RemoteCertificateValidationCallback = controller.Trust;
        return GrpcChannel.ForAddress(controller.Url, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = 8 << 20 });
    }
}
