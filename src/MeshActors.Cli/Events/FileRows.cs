using System.Runtime.CompilerServices;
using MeshActors.Contracts.History;

namespace MeshActors.Cli.Events;

/// <summary>An export in a file, or from the standard input; read once.</summary>
internal sealed class FileRows : IRowSource
{
    private readonly Stream _input;
    private readonly ExportReader _reader;

    private FileRows(string path, Stream input, ExportReader reader)
    {
        Name = path == StandardInput ? "the standard input" : path;
        _input = input;
        _reader = reader;
    }

    public const string StandardInput = "-";

    public string Name { get; }

    public string Organization => _reader.Header.Organization.Value;

    public long First => _reader.Header.From;

    public static async Task<FileRows> OpenAsync(string path, CancellationToken cancellationToken)
    {
        Stream input = path == StandardInput
            ? Console.OpenStandardInput()
            : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        return await OpenAsync(path, input, cancellationToken);
    }

    /// <param name="input">Disposed with the rows.</param>
    public static async Task<FileRows> OpenAsync(string path, Stream input, CancellationToken cancellationToken)
    {
        try
        {
            return new FileRows(path, input, await ExportReader.OpenAsync(input, cancellationToken));
        }
        catch
        {
            await input.DisposeAsync();
            throw;
        }
    }

    public double? ReadShare(long revision) => _input is FileStream { Length: > 0 and var length } ? (double)_reader.BytesRead / length : null;

    /// <remarks>What lies after the last row wanted is not read, and so not checked either.</remarks>
    public async IAsyncEnumerable<IReadOnlyList<JournalRow>> ReadAsync(
        long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in _reader.ReadAsync(cancellationToken).ReadAhead(cancellationToken))
        {
            if (from <= page[0].Revision && (to == 0 || page[^1].Revision <= to))
            {
                yield return page;
            }
            else if (page.Where(row => row.Revision >= from && (to == 0 || row.Revision <= to)).ToList() is { Count: > 0 } wanted)
            {
                yield return wanted;
            }

            if (to > 0 && page[^1].Revision >= to)
            {
                yield break;
            }
        }
    }

    public ValueTask DisposeAsync() => _input.DisposeAsync();
}
