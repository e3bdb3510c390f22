using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MeshActors.Domain;

/// <summary>An immutable list that equals another with equal items in the same order, so that records holding it compare by value.</summary>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
public readonly struct ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    // An array and no ImmutableArray: its default is null, which any serializer can carry.
    private readonly T[]? _items;

    public ValueList(ImmutableArray<T> items) => _items = ImmutableCollectionsMarshal.AsArray(items);

    private ImmutableArray<T> Items => ImmutableCollectionsMarshal.AsImmutableArray(_items ?? []);

    public int Count => Items.Length;

    public T this[int index] => Items[index];

    // A record that was copied shares its lists: most comparisons end with the array itself.
    public bool Equals(ValueList<T> other) => ReferenceEquals(_items, other._items) || Items.AsSpan().SequenceEqual(other.Items.AsSpan(), EqualityComparer<T>.Default);

    public override bool Equals(object? obj) => obj is ValueList<T> other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var item in Items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    public ImmutableArray<T>.Enumerator GetEnumerator() => Items.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)Items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)Items).GetEnumerator();

    public ReadOnlySpan<T> AsSpan() => Items.AsSpan();

    public override string ToString() => string.Join(", ", Items);

    public static bool operator ==(ValueList<T> left, ValueList<T> right) => left.Equals(right);

    public static bool operator !=(ValueList<T> left, ValueList<T> right) => !left.Equals(right);
}

public static class ValueList
{
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) => new([.. items]);

    public static ValueList<T> ToValueList<T>(this IEnumerable<T> items) => new([.. items]);

    /// <summary>Each item made of one of the source's, in one array.</summary>
    public static ValueList<TTo> Of<TFrom, TTo>(IList<TFrom> source, Func<TFrom, TTo> make)
    {
        if (source.Count == 0)
        {
            return [];
        }

        var items = new TTo[source.Count];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = make(source[i]);
        }

        return new ValueList<TTo>(ImmutableCollectionsMarshal.AsImmutableArray(items));
    }
}
