using MeshActors.Cli.Commands;
using MeshActors.Cli.Failures;
using MeshActors.Cli.Output;
using MeshActors.Contracts.History;
using MeshActors.Domain;

namespace MeshActors.Cli.Events;

/// <summary>
/// From an export into a controller. A file is verified whole before anything is sent, the standard input as it comes.
/// What an earlier attempt brought in is passed over.
/// </summary>
internal sealed class Importing(CommandContext context)
{
    private JournalRow _last;

    public async Task<ImportDocument> RunAsync(string path, CancellationToken cancellationToken)
    {
        // Rows that were verified once are not replayed again: the controller believes none of them either.
        var replay = path == FileRows.StandardInput ? new Replay() : null;
        if (replay is null)
        {
            await using var first = await context.OpenAsync(path, cancellationToken);
            await using var verifying = new Progress(context.Terminal, "verified", first.ReadShare);
            await Verification.ReplayAsync(first, null, verifying, null, cancellationToken);
        }

        await using var source = await context.OpenAsync(path, cancellationToken);
        await using var progress = new Progress(context.Terminal, "imported", source.ReadShare);
        using var call = context.Client.ImportEvents(context.Session.Stream(cancellationToken));
        var window = new ImportWindow(call);
        var held = await window.BeginAsync(source.Organization, cancellationToken);
        await foreach (var page in source.ReadAsync(1, 0, cancellationToken))
        {
            foreach (var row in page)
            {
                if (replay is not null)
                {
                    Verification.Check(replay.TryAdd(row, out _));
                }

                await AddAsync(window, row, held.Revision, held.Hash.Span, cancellationToken);
            }

            await progress.AddAsync(page.Count, _last.Revision);
        }

        if (_last.Revision < held.Revision)
        {
            // The journal there goes on: that its row of this revision is the same proves all before it.
            await window.AddAsync(_last, cancellationToken);
        }

        await window.FinishAsync(_last.Revision, _last.Hash(), cancellationToken);
        var known = Math.Min(held.Revision, _last.Revision);
        return new ImportDocument(source.Organization, _last.Revision, _last.Revision - known, known, progress.Elapsed.TotalSeconds);
    }

    private ValueTask AddAsync(ImportWindow window, JournalRow row, long heldRevision, ReadOnlySpan<byte> heldHash, CancellationToken cancellationToken)
    {
        _last = row;
        if (row.Revision == heldRevision && !row.Hash().AsSpan().SequenceEqual(heldHash))
        {
            throw new FailureException(new Failure(ExitStatus.Refused, RefusalCodes.ImportDiffers,
                $"The controller has revision {row.Revision} with other bytes: these are two journals. Nothing was sent."));
        }

        return row.Revision > heldRevision ? window.AddAsync(row, cancellationToken) : ValueTask.CompletedTask;
    }
}
