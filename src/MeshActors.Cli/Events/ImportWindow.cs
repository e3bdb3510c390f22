using Google.Protobuf;
using Grpc.Core;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;

namespace MeshActors.Cli.Events;

/// <summary>The rows of an import on their way: a few messages at once, each answered when it is stored.</summary>
internal sealed class ImportWindow(AsyncDuplexStreamingCall<ImportStep, ImportProgress> call)
{
    /// <summary>Messages without an answer: the controller always has the next one, and neither end a heap of them.</summary>
    private const int OnTheWayMax = 4;

    private const int RowsMax = 1_000;

    /// <summary>Bytes of the records in a message.</summary>
    private const int BytesMax = 1 << 20;

    private EventRows _rows = new();
    private int _bytes;
    private int _onTheWay;

    /// <returns>What is there already.</returns>
    public async Task<ImportProgress> BeginAsync(string organization, CancellationToken cancellationToken)
    {
        await SendAsync(new ImportStep { Begin = new ImportBegin { Organization = organization } }, cancellationToken);
        return await AnswerAsync(cancellationToken);
    }

    public async ValueTask AddAsync(JournalRow row, CancellationToken cancellationToken)
    {
        if (_rows.Rows.Count == RowsMax || (_bytes + row.Bytes.Length > BytesMax && _bytes > 0))
        {
            await SendRowsAsync(cancellationToken);
        }

        _bytes += row.Bytes.Length;
        _rows.Rows.Add(new EventRow { Revision = row.Revision, Manifest = row.Manifest, Record = UnsafeByteOperations.UnsafeWrap(row.Bytes) });
    }

    public async Task FinishAsync(long revision, byte[] hash, CancellationToken cancellationToken)
    {
        await SendRowsAsync(cancellationToken);
        await SendAsync(new ImportStep { End = new ImportEnd { Revision = revision, Hash = UnsafeByteOperations.UnsafeWrap(hash) } }, cancellationToken);
        while (_onTheWay > 0)
        {
            await AnswerAsync(cancellationToken);
        }
    }

    private async Task SendRowsAsync(CancellationToken cancellationToken)
    {
        if (_rows.Rows.Count > 0)
        {
            await SendAsync(new ImportStep { Rows = _rows }, cancellationToken);
            (_rows, _bytes) = (new EventRows(), 0);
        }
    }

    private async Task SendAsync(ImportStep step, CancellationToken cancellationToken)
    {
        while (_onTheWay >= OnTheWayMax)
        {
            await AnswerAsync(cancellationToken);
        }

        try
        {
            await call.RequestStream.WriteAsync(step, cancellationToken);
            _onTheWay++;
        }
        // The controller has ended the call: why, the answers say.
        catch (Exception e) when (e is InvalidOperationException or RpcException && !cancellationToken.IsCancellationRequested)
        {
            while (true)
            {
                await AnswerAsync(cancellationToken);
            }
        }
    }

    private async Task<ImportProgress> AnswerAsync(CancellationToken cancellationToken)
    {
        if (!await call.ResponseStream.MoveNext(cancellationToken))
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "The controller ended the import. Begin it again: it goes on where it stopped."));
        }

        _onTheWay--;
        return call.ResponseStream.Current;
    }
}
