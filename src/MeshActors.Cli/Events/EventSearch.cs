using System.Runtime.CompilerServices;
using Grpc.Core;
using MeshActors.Cli.Connection;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;

namespace MeshActors.Cli.Events;

/// <summary>The events of a live journal that a filter takes, found by the controller, page by page.</summary>
internal sealed class EventSearch
{
    /// <summary>Events of a page, as many as a controller gives.</summary>
    private const int PageMax = 1_000;

    private readonly Session _session;
    private readonly ListEventsRequest _request;
    private readonly ListEventsReply _first;

    private EventSearch(Session session, ListEventsRequest request, ListEventsReply first)
    {
        _session = session;
        _request = request;
        _first = first;
    }

    /// <summary>Asks for the first page. Null when the controller is of a version that does not search.</summary>
    /// <param name="to">The last revision; 0 for the newest.</param>
    public static async Task<EventSearch?> BeginAsync(
        Session session, EventFilter filter, long from, long to, bool newestFirst, long? limit, CancellationToken cancellationToken)
    {
        var request = new ListEventsRequest
        {
            Organization = session.Organization,
            Types_ = { filter.Types },
            Node = filter.Node?.ToString() ?? "",
            Network = filter.Network?.ToString() ?? "",
            Principal = filter.Principal ?? "",
            FromRevision = from,
            ToRevision = to,
            NewestFirst = newestFirst,
            Limit = (int)Math.Min(limit ?? PageMax, PageMax),
        };
        if (filter.Since is { } since)
        {
            request.SinceUnixMs = since.ToUnixTimeMilliseconds();
        }

        if (filter.Until is { } until)
        {
            request.UntilUnixMs = until.ToUnixTimeMilliseconds();
        }

        try
        {
            return new EventSearch(session, request, await session.Client.ListEventsAsync(request, session.Call(cancellationToken)));
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
        {
            return null;
        }
    }

    /// <summary>In the order that was asked for.</summary>
    public async IAsyncEnumerable<Event> ReadAsync(long? limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = limit ?? long.MaxValue;
        for (var page = _first; ; page = await _session.Client.ListEventsAsync(_request, _session.Call(cancellationToken)))
        {
            foreach (var @event in page.Events)
            {
                yield return @event;
            }

            left -= page.Events.Count;
            if (page.NextRevision == 0 || left <= 0)
            {
                yield break;
            }

            (_request.FromRevision, _request.ToRevision) = _request.NewestFirst
                ? (_request.FromRevision, page.NextRevision) : (page.NextRevision, _request.ToRevision);
            _request.Limit = (int)Math.Min(left, PageMax);
        }
    }
}
