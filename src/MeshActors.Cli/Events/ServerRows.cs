using System.Runtime.CompilerServices;
using Grpc.Core;
using MeshActors.Cli.Connection;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;

namespace MeshActors.Cli.Events;

/// <summary>The live journal, read through the controller. Its organization notices nothing of it.</summary>
internal sealed class ServerRows : IRowSource
{
    private readonly Session _session;

    private ServerRows(Session session, string organization, long newest)
    {
        _session = session;
        Organization = organization;
        Newest = newest;
    }

    public string Name => $"organization '{Organization}' at {_session.Settings.Server}";

    public string Organization { get; }

    public long First => 1;

    /// <summary>When it was opened: what comes later is not waited for.</summary>
    public long Newest { get; }

    public static async Task<ServerRows> OpenAsync(Session session, string organization, CancellationToken cancellationToken)
    {
        var there = await session.Client.GetOrganizationAsync(
            new GetOrganizationRequest { Organization = organization }, session.Call(cancellationToken));
        return new ServerRows(session, organization, there.Revision);
    }

    public double? ReadShare(long revision) => Newest == 0 ? null : Math.Min(1, (double)revision / Newest);

    public async IAsyncEnumerable<IReadOnlyList<JournalRow>> ReadAsync(
        long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ExportEventsRequest { Organization = Organization, FromRevision = from, ToRevision = to == 0 ? Newest : to };
        using var call = _session.Client.ExportEvents(request, _session.Stream(cancellationToken));
        await foreach (var page in PagesAsync(call.ResponseStream, cancellationToken).ReadAhead(cancellationToken))
        {
            yield return page;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async IAsyncEnumerable<IReadOnlyList<JournalRow>> PagesAsync(
        IAsyncStreamReader<EventRows> stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var message in stream.ReadAllAsync(cancellationToken))
        {
            yield return [.. message.Rows.Select(row => new JournalRow(row.Revision, row.Manifest, row.Record.Memory))];
        }
    }
}
