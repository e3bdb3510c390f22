using System.Security.Cryptography;
using MeshActors.Domain;

namespace MeshActors.Contracts.History;

/// <summary>Writes an export: any number of rows in the memory of a buffer. Each row must follow the one before it.</summary>
public sealed class ExportWriter(Stream output, string organization)
{
    private const int BufferBytes = 1 << 20;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _filled;
    private byte[] _headerHash = [];
    private Chain? _chain;
    private long _from;

    /// <summary>Rows written so far.</summary>
    public long Events => _chain is null ? 0 : _chain.Revision - _from + 1;

    /// <summary>Of the last row; 0 before the first.</summary>
    public long Revision => _chain?.Revision ?? 0;

    /// <summary>Writes the rows up to the first that does not follow, and says what is wrong with it.</summary>
    public async ValueTask<Refusal?> AddAsync(IReadOnlyList<JournalRow> rows, CancellationToken cancellationToken)
    {
        foreach (var row in rows)
        {
            if (Add(row) is { } fault)
            {
                return fault;
            }

            if (_filled > BufferBytes / 2)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return null;
    }

    /// <summary>Without the footer an export counts as broken off.</summary>
    /// <exception cref="InvalidOperationException">It has no rows.</exception>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        var chain = _chain ?? throw new InvalidOperationException("An export has one row at least.");
        Put(ExportFormat.Footer(Events, chain.Revision, chain.LastHash, _headerHash));
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private Refusal? Add(in JournalRow row)
    {
        if (!ExportFormat.IsManifest(row.Manifest) || ExportFormat.RowBytesMax(row) > ExportFormat.LineBytesMax)
        {
            return new Refusal(RefusalCodes.JournalRow, $"Revision {row.Revision} has a manifest or a size that no event has.");
        }

        if ((_chain is null ? Begin(row) : null) is { } unreadable)
        {
            return unreadable;
        }

        if (_chain!.TryAdd(row, out _) is { } fault)
        {
            return fault;
        }

        _filled += ExportFormat.WriteRow(_buffer.AsSpan(_filled), row, _chain.LastHash);
        return null;
    }

    private Refusal? Begin(in JournalRow first)
    {
        try
        {
            _chain = first.Revision == 1 ? new Chain() : Chain.Before(first);
        }
        catch (FormatException e)
        {
            return new Refusal(RefusalCodes.JournalRow, $"Revision {first.Revision} cannot be read: {e.Message}");
        }

        _from = first.Revision;
        var header = ExportFormat.Header(organization, _from, _chain.LastHash);
        _headerHash = SHA256.HashData(header);
        Put(header);
        return null;
    }

    private void Put(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_buffer.AsSpan(_filled));
        _filled += text.Length;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(_buffer.AsMemory(0, _filled), cancellationToken).ConfigureAwait(false);
        _filled = 0;
    }
}
