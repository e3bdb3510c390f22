using Google.Protobuf;
using Grpc.Core;
using MeshActors.Cluster;
using MeshActors.Contracts.History;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using V1 = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Controller.Admin;

/// <summary>The journal itself, out and in.</summary>
internal sealed partial class AdminService
{
    /// <summary>Bytes of records in one message.</summary>
    private const int RowBytesMax = 1 << 20;

    /// <summary>From one step of an import to the next: its file may lie on a slow disk or come through a pipe.</summary>
    private static readonly TimeSpan ImportStepMax = TimeSpan.FromMinutes(5);

    public override async Task ExportEvents(
        V1.ExportEventsRequest request, IServerStreamWriter<V1.EventRows> responseStream, ServerCallContext context)
    {
        var (caller, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        if (request.FromRevision < 0 || request.ToRevision < 0)
        {
            throw Refusals.Malformed("A revision is negative; the first is 1.");
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var rows = 0L;
        try
        {
            await foreach (var page in mesh.RowsAsync(view.State.Id, request.FromRevision, request.ToRevision, ending.Token).ConfigureAwait(false))
            {
                foreach (var message in ToMessages(page))
                {
                    await responseStream.WriteAsync(message, ending.Token).ConfigureAwait(false);
                    rows += message.Rows.Count;
                }
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Stopping();
        }
        finally
        {
            Exported(rows, view.State.Id, caller.Principal.Name, caller.Principal.Id);
        }
    }

    public override async Task ImportEvents(
        IAsyncStreamReader<V1.ImportStep> requestStream, IServerStreamWriter<V1.ImportProgress> responseStream, ServerCallContext context)
    {
        var caller = await door.AdmitControllerAsync(context).ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            var begin = await NextAsync(requestStream, ending.Token).ConfigureAwait(false) is { Begin: { } first }
                ? first : throw Refusals.Malformed("An import begins with the organization's name.");
            if (!OrganizationId.TryParse(begin.Organization, out var id))
            {
                throw Refusals.Malformed("An import names no organization that there can be.");
            }

            await ImportAsync(id, caller, requestStream, responseStream, context, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Stopping();
        }
    }

    private async Task ImportAsync(
        OrganizationId id,
        AdminCaller caller,
        IAsyncStreamReader<V1.ImportStep> steps,
        IServerStreamWriter<V1.ImportProgress> answers,
        ServerCallContext context,
        CancellationToken cancellationToken)
    {
        var import = await mesh.BeginImportAsync(id, MetaOf(context, caller), cancellationToken).ConfigureAwait(false) switch
        {
            ImportStart.Begun begun => begun.Import,
            ImportStart.Refused(var reason) => throw reason.ToRpcException(),
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };
        Importing(id, import.Revision, caller.Principal.Name, caller.Principal.Id);
        await answers.WriteAsync(Progress(import), cancellationToken).ConfigureAwait(false);
        while (await NextAsync(steps, cancellationToken).ConfigureAwait(false) is { } step)
        {
            var refused = step.StepCase switch
            {
                V1.ImportStep.StepOneofCase.Rows => await import.AddAsync([.. step.Rows.Rows.Select(ToRow)], cancellationToken).ConfigureAwait(false),
                V1.ImportStep.StepOneofCase.End => await import.FinishAsync(step.End.Revision, step.End.Hash.Memory, cancellationToken).ConfigureAwait(false),
                _ => throw Refusals.Malformed("An import goes on with rows, or with its end."),
            };
            if (refused is not null)
            {
                throw refused.ToRpcException();
            }

            await answers.WriteAsync(Progress(import), cancellationToken).ConfigureAwait(false);
            if (step.End is not null)
            {
                Imported(id, import.Revision, caller.Principal.Name, caller.Principal.Id);
                return;
            }
        }
    }

    private static async Task<V1.ImportStep?> NextAsync(IAsyncStreamReader<V1.ImportStep> steps, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(ImportStepMax);
        try
        {
            return await steps.MoveNext(late.Token).ConfigureAwait(false) ? steps.Current : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Refusals.Malformed($"No step of the import came for {ImportStepMax.TotalMinutes:0} minutes; begin again, it goes on where it stopped.");
        }
    }

    private static IEnumerable<V1.EventRows> ToMessages(IReadOnlyList<JournalRow> page)
    {
        var message = new V1.EventRows();
        var bytes = 0;
        foreach (var row in page)
        {
            if (bytes + row.Bytes.Length > RowBytesMax && bytes > 0)
            {
                yield return message;
                (message, bytes) = (new V1.EventRows(), 0);
            }

            bytes += row.Bytes.Length;
            message.Rows.Add(new V1.EventRow { Revision = row.Revision, Manifest = row.Manifest, Record = UnsafeByteOperations.UnsafeWrap(row.Bytes) });
        }

        if (message.Rows.Count > 0)
        {
            yield return message;
        }
    }

    private static JournalRow ToRow(V1.EventRow row) => new(row.Revision, row.Manifest, row.Record.Memory);

    private static V1.ImportProgress Progress(IOrganizationImport import) => new()
    {
        Revision = import.Revision,
        Hash = UnsafeByteOperations.UnsafeWrap(import.LastHash),
        Whole = import.IsWhole,
    };

    private static RpcException Stopping() =>
        new Refusal(RefusalCodes.Unavailable, "The controller is stopping; go on from the last revision that you saw.").ToRpcException();

    [LoggerMessage(EventId = 2211, Level = LogLevel.Information, Message = "{Rows} rows of organization '{Organization}' were exported with token '{Name}' ({Token}).")]
    private partial void Exported(long rows, OrganizationId organization, string name, string token);

    [LoggerMessage(EventId = 2212, Level = LogLevel.Information, Message = "An import of organization '{Organization}' begins after revision {Revision}, with token '{Name}' ({Token}).")]
    private partial void Importing(OrganizationId organization, long revision, string name, string token);

    [LoggerMessage(EventId = 2213, Level = LogLevel.Information, Message = "The import of organization '{Organization}' is whole with revision {Revision}, with token '{Name}' ({Token}).")]
    private partial void Imported(OrganizationId organization, long revision, string name, string token);
}
