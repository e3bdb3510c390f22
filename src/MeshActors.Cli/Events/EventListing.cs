using System.Runtime.CompilerServices;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;

namespace MeshActors.Cli.Events;

/// <summary>The events of a source that a filter takes.</summary>
internal static class EventListing
{
    /// <summary>Rows that are looked through at once on the way back from the newest.</summary>
    private const int StretchRows = 10_000;

    /// <param name="limit">The first so many; null for all.</param>
    public static async IAsyncEnumerable<Event> ForwardAsync(
        IRowSource source, long from, long to, EventFilter filter, long? limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = limit ?? long.MaxValue;
        await foreach (var page in source.ReadAsync(from, to, cancellationToken))
        {
            foreach (var row in page)
            {
                if (Find(row, filter) is not { } found)
                {
                    continue;
                }

                yield return found;
                if (--left == 0)
                {
                    yield break;
                }
            }
        }
    }

    /// <summary>The newest so many, in their order. A file is read from its beginning, a journal from its end.</summary>
    public static async Task<IReadOnlyCollection<Event>> NewestAsync(
        IRowSource source, long from, long to, EventFilter filter, long limit, CancellationToken cancellationToken) =>
        source is ServerRows server
            ? await BackAsync(server, from, to == 0 ? server.Newest : Math.Min(to, server.Newest), filter, limit, cancellationToken)
            : await LastAsync(ForwardAsync(source, from, to, filter, null, cancellationToken), limit);

    private static async Task<IReadOnlyCollection<Event>> BackAsync(
        ServerRows server, long from, long to, EventFilter filter, long limit, CancellationToken cancellationToken)
    {
        var found = new LinkedList<Event>();
        var stretch = filter.TakesAll ? Math.Min(limit, StretchRows) : StretchRows;
        for (var end = to; end >= from && found.Count < limit; end -= stretch)
        {
            var begin = Math.Max(from, end - stretch + 1);
            var events = await LastAsync(ForwardAsync(server, begin, end, filter, null, cancellationToken), limit - found.Count);
            foreach (var @event in events.Reverse())
            {
                found.AddFirst(@event);
            }
        }

        return found;
    }

    private static async Task<IReadOnlyCollection<Event>> LastAsync(IAsyncEnumerable<Event> events, long limit)
    {
        var last = new Queue<Event>();
        await foreach (var @event in events)
        {
            last.Enqueue(@event);
            if (last.Count > limit)
            {
                last.Dequeue();
            }
        }

        return last;
    }

    private static Event? Find(JournalRow row, EventFilter filter)
    {
        OrganizationRow read;
        try
        {
            read = JournalMapping.Decode(row.Manifest, row.Bytes.Span);
        }
        catch (FormatException e)
        {
            throw new ExportFaultException(new Domain.Refusal(Domain.RefusalCodes.JournalRow, $"Revision {row.Revision} cannot be read: {e.Message}"));
        }

        return filter.Takes(row.Manifest, read) ? EventMessages.Of(row.Revision, row.Manifest, read) : null;
    }
}
