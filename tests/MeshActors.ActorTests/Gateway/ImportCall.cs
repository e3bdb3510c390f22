using Google.Protobuf;
using Grpc.Core;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;

namespace MeshActors.ActorTests.Gateway;

/// <summary>Import and export as a client does them.</summary>
internal static class ImportCall
{
    /// <param name="acknowledged">Called with each revision that was stored; false ends it there.</param>
    public static async Task<long> RunAsync(
        Admin.AdminClient admin, Metadata token, IReadOnlyList<JournalRow> rows, Func<long, bool>? acknowledged = null, int atOnce = 500, string organization = "acme")
    {
        using var call = admin.ImportEvents(token);
        var held = (await AskAsync(call, new ImportStep { Begin = new ImportBegin { Organization = organization } })).Revision;
        foreach (var batch in rows.Where(row => row.Revision > held).Chunk(atOnce))
        {
            var message = new EventRows { Rows = { batch.Select(row => new EventRow { Revision = row.Revision, Manifest = row.Manifest, Record = ByteString.CopyFrom(row.Bytes.Span) }) } };
            var stored = await AskAsync(call, new ImportStep { Rows = message });
            if (acknowledged?.Invoke(stored.Revision) == false)
            {
                return held;
            }
        }

        await AskAsync(call, new ImportStep { End = new ImportEnd { Revision = rows[^1].Revision, Hash = ByteString.CopyFrom(rows[^1].Hash()) } });
        return held;
    }

    public static async Task<List<JournalRow>> ExportAsync(Admin.AdminClient admin, Metadata token, string organization, long from = 0, long to = 0)
    {
        var rows = new List<JournalRow>();
        using var call = admin.ExportEvents(new ExportEventsRequest { Organization = organization, FromRevision = from, ToRevision = to }, token);
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            rows.AddRange(call.ResponseStream.Current.Rows.Select(row => new JournalRow(row.Revision, row.Manifest, row.Record.Memory)));
        }

        return rows;
    }

    private static async Task<ImportProgress> AskAsync(AsyncDuplexStreamingCall<ImportStep, ImportProgress> call, ImportStep step)
    {
        try
        {
            await call.RequestStream.WriteAsync(step);
        }
        catch (Exception e) when (e is InvalidOperationException or RpcException)
        {
            // The call was ended: the answer says why.
        }

        return await call.ResponseStream.MoveNext(CancellationToken.None)
            ? call.ResponseStream.Current
            : throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "The import was ended."));
    }
}
