using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace MeshActors.Contracts.History;

/// <summary>
/// Reads an export: that each line is whole and as it was written, and each record has its hash. Whether the rows follow
/// one another is for a <see cref="Replay"/> or a <see cref="Chain"/> to say.
/// </summary>
public sealed class ExportReader
{
    /// <summary>Rows of a page: about 200 KB of them.</summary>
    private const int PageRows = 1_000;

    private readonly LineReader _lines;
    private readonly byte[] _headerHash;
    private long _line = 1;

    private ExportReader(LineReader lines, ExportHeader header, byte[] headerHash)
    {
        _lines = lines;
        _headerHash = headerHash;
        Header = header;
    }

    public ExportHeader Header { get; }

    /// <summary>Bytes read so far, for a progress: the file's size is known where the number of its rows is not.</summary>
    public long BytesRead => _lines.BytesRead;

    /// <exception cref="ExportFaultException">It does not begin as an export.</exception>
    public static async Task<ExportReader> OpenAsync(Stream input, CancellationToken cancellationToken)
    {
        var lines = new LineReader(input);
        if (!await lines.FillAsync(cancellationToken).ConfigureAwait(false) || !lines.TryTake(out var line))
        {
            throw ExportFaultException.Header("it has no first line");
        }

        return new ExportReader(lines, ExportHeader.Parse(line.Span), SHA256.HashData(line.Span));
    }

    /// <summary>The rows in pages. Ends after the footer, which must be the last line and agree with the rows.</summary>
    /// <exception cref="ExportFaultException">What is wrong, after the rows before it were handed out.</exception>
    public async IAsyncEnumerable<IReadOnlyList<JournalRow>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = default(JournalRow);
        var count = 0L;
        ReadOnlyMemory<byte> line = default;
        ExportFaultException? fault = null;
        var isOver = false;
        while (!isOver)
        {
            var page = new List<JournalRow>(PageRows);
            while (page.Count < PageRows && !isOver)
            {
                if (!_lines.TryTake(out line) && !(await _lines.FillAsync(cancellationToken).ConfigureAwait(false) && _lines.TryTake(out line)))
                {
                    fault = ExportFaultException.BrokenOff(_line, last.Revision);
                    isOver = true;
                    continue;
                }

                _line++;
                fault = TryReadRow(line.Span, last.Revision, out var row);
                isOver = fault is not null;
                if (!isOver)
                {
                    page.Add(last = row);
                    count++;
                }
            }

            if (page.Count > 0)
            {
                yield return page;
            }
        }

        if (!IsFooter(line.Span, count, last) || !await _lines.IsAtEndAsync(cancellationToken).ConfigureAwait(false))
        {
            throw fault!;
        }
    }

    private bool IsFooter(ReadOnlySpan<byte> line, long count, JournalRow last) =>
        count > 0 && line.SequenceEqual(ExportFormat.Footer(count, last.Revision, last.Hash(), _headerHash));

    private ExportFaultException? TryReadRow(ReadOnlySpan<byte> line, long before, out JournalRow row)
    {
        if (!RowLine.TryParse(line, out row, out var time, out var hash))
        {
            return ExportFaultException.Line(_line, before);
        }

        Span<byte> hex = stackalloc byte[2 * SHA256.HashSizeInBytes];
        row = row with { Hashed = SHA256.HashData(row.Bytes.Span) };
        Convert.TryToHexStringLower(row.Hashed, hex, out _);
        if (!hash.SequenceEqual(hex))
        {
            return ExportFaultException.Record(_line, row.Revision);
        }

        Span<byte> text = stackalloc byte[ExportFormat.TimeLength];
        ExportFormat.WriteTime(text, RecordTime.Read(row.Bytes.Span));
        return time.SequenceEqual(text) ? null : ExportFaultException.Time(_line, row.Revision);
    }
}
