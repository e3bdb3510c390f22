namespace MeshActors.Contracts.History;

/// <summary>Lines of a stream of any length, in the memory of a buffer.</summary>
internal sealed class LineReader(Stream input)
{
    private readonly byte[] _buffer = new byte[1 << 20];
    private int _start;
    private int _end;

    public long BytesRead { get; private set; }

    /// <summary>The next line with its line feed, when it is all here. Good until the buffer is filled again.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> line)
    {
        var length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n') + 1;
        line = _buffer.AsMemory(_start, length);
        _start += length;
        return length > 0;
    }

    /// <summary>Reads on. False at the end, and where a line is longer than any of an export.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_end - _start > ExportFormat.LineBytesMax)
        {
            return false;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (true)
        {
            var before = _end;
            var read = await input.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            _end += read;
            BytesRead += read;
            if (read == 0 || _end == _buffer.Length || _buffer.AsSpan(before, read).Contains((byte)'\n'))
            {
                return _end > 0 && _buffer.AsSpan(0, _end).Contains((byte)'\n');
            }
        }
    }

    public async ValueTask<bool> IsAtEndAsync(CancellationToken cancellationToken) =>
        _start == _end && await input.ReadAsync(_buffer.AsMemory(0, 1), cancellationToken).ConfigureAwait(false) == 0;
}
