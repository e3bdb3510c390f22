using MeshActors.Cli.Failures;
using MeshActors.Cli.Output;
using MeshActors.Contracts.History;

namespace MeshActors.Cli.Events;

/// <summary>From a source to a file, a device or pipe, or the standard output. A file has its name only when it is whole.</summary>
internal static class Exporting
{
    private const string Unfinished = ".unfinished";

    public static async Task<ExportDocument> RunAsync(
        IRowSource source, string path, bool force, Moment? from, Moment? to, Progress progress, CancellationToken cancellationToken)
    {
        if (path == FileRows.StandardInput)
        {
            await using var output = Console.OpenStandardOutput();
            return await WriteAsync(source, output, "the standard output", from, to, progress, cancellationToken);
        }

        if (FileKind.IsSpecial(path))
        {
            await using var output = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            return await WriteAsync(source, output, path, from, to, progress, cancellationToken);
        }

        if (File.Exists(path) && !force)
        {
            throw FailureException.BadUsage("file-exists", $"{path} is there already; name another file, or say --force.");
        }

        var unfinished = path + Unfinished;
        ExportDocument done;
        await using (var output = Create(unfinished))
        {
            done = await WriteAsync(source, output, path, from, to, progress, cancellationToken);
            output.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: true);
        return done;
    }

    private static async Task<ExportDocument> WriteAsync(
        IRowSource source, Stream output, string path, Moment? from, Moment? to, Progress progress, CancellationToken cancellationToken)
    {
        var writer = new ExportWriter(output, source.Organization);
        var first = Math.Max(source.First, from?.RevisionOr(1) ?? 1);
        var hash = Array.Empty<byte>();
        await foreach (var page in source.ReadAsync(first, to?.RevisionOr(0) ?? 0, cancellationToken))
        {
            var wanted = Wanted(page, writer.Events > 0 ? null : from?.Time, to?.Time, out var isLast);
            if (wanted.Count > 0)
            {
                Verification.Check(await writer.AddAsync(wanted, cancellationToken));
                hash = wanted[^1].Hash();
                await progress.AddAsync(wanted.Count, writer.Revision);
            }

            if (isLast)
            {
                break;
            }
        }

        if (writer.Events == 0)
        {
            throw new FailureException(new Failure(ExitStatus.Failed, "revision-unknown", $"{source.Name} has no event in that range."));
        }

        await writer.EndAsync(cancellationToken);
        return new ExportDocument(
            source.Organization, path, writer.Revision - writer.Events + 1, writer.Revision, writer.Events, Convert.ToHexStringLower(hash), progress.Elapsed.TotalSeconds);
    }

    /// <summary>From the first row of that time on, and before the first that is later: rows without a gap.</summary>
    private static IReadOnlyList<JournalRow> Wanted(IReadOnlyList<JournalRow> page, DateTimeOffset? since, DateTimeOffset? until, out bool isLast)
    {
        isLast = false;
        if (since is null && until is null)
        {
            return page;
        }

        var begun = page.SkipWhile(row => row.UnixMs() < since?.ToUnixTimeMilliseconds()).ToList();
        var wanted = begun.TakeWhile(row => !(row.UnixMs() > until?.ToUnixTimeMilliseconds())).ToList();
        isLast = wanted.Count < begun.Count;
        return wanted;
    }

    // It holds hashes of secrets, names and addresses: for its owner alone.
    private static FileStream Create(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });
}
