namespace MeshActors.Contracts.Mapping;

/// <summary>
/// The fields of a protobuf message as they stand in its bytes, without an object for any of them. They come in any order,
/// and the last of a kind counts (protobuf.dev, "Encoding").
/// </summary>
internal ref struct WireFields(ReadOnlySpan<byte> message)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;

    private ReadOnlySpan<byte> _rest = message;
    private bool _isBroken;

    public int Number { get; private set; }

    /// <summary>Of a number; else 0.</summary>
    public long Value { get; private set; }

    /// <summary>Of bytes, a text or a message; else empty.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>The field with its tag.</summary>
    public ReadOnlySpan<byte> Whole { get; private set; }

    /// <summary>False at the end, and where the bytes are no protobuf.</summary>
    public bool MoveNext()
    {
        if (_rest.IsEmpty || _isBroken)
        {
            return false;
        }

        var before = _rest;
        _isBroken = !TryField();
        Whole = before[..^_rest.Length];
        return !_isBroken;
    }

    /// <exception cref="FormatException">The message is no protobuf from some field on.</exception>
    public readonly void CheckEnd()
    {
        if (_isBroken)
        {
            throw new FormatException($"it is no protobuf message from its field {Number} on");
        }
    }

    private bool TryField()
    {
        Value = 0;
        Content = default;
        if (!TryVarint(out var tag) || tag >> 3 is < 1 or > int.MaxValue >> 2)
        {
            return false;
        }

        Number = (int)(tag >> 3);
        switch (tag & 7)
        {
            case Varint:
                var isNumber = TryVarint(out var value);
                Value = value;
                return isNumber;
            case Fixed64:
                return TryTake(8);
            case Fixed32:
                return TryTake(4);
            case Bytes:
                return TryVarint(out var length) && TryTake(length);
            default:
                return false;
        }
    }

    private bool TryTake(long length)
    {
        if (length < 0 || length > _rest.Length)
        {
            return false;
        }

        Content = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    private bool TryVarint(out long value)
    {
        value = 0;
        for (var i = 0; i < _rest.Length && i < 10; i++)
        {
            value |= (long)(_rest[i] & 0x7f) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
