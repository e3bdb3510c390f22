using CsCheck;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;

namespace MeshActors.UnitTests.History;

/// <summary>Snapshots of an organization that is read in many parts.</summary>
public sealed class SnapshotTests
{
    private static readonly byte[] Whole = Make();

    [Fact]
    public void Many_parts_give_the_same_state_again()
    {
        var (state, revision, lastHash) = SnapshotMapping.Read(Whole);
        Assert.Equal(700, state.Nodes.Count);
        Assert.Equal(Whole, SnapshotMapping.Write(state, revision, lastHash));
    }

    [Fact]
    public void A_damaged_one_is_refused_as_what_it_is_or_was_damaged_where_it_still_has_a_meaning() =>
        Gen.Select(Gen.Int[0, Whole.Length - 1], Gen.Byte[1, 255]).Sample((at, change) =>
        {
            var damaged = (byte[])Whole.Clone();
            damaged[at] ^= change;
            var fault = Record.Exception(() => SnapshotMapping.Read(damaged));
            Assert.True(fault is null or FormatException or InvalidOperationException or ArgumentException, $"{fault}");
            Assert.IsNotType<AggregateException>(fault);
        }, iter: 300);

    private static byte[] Make()
    {
        var replay = new Replay();
        Journals.Rows(seed: 7, nodes: 700, events: 3_000).ForEach(row => Assert.Null(replay.TryAdd(row, out _)));
        var bytes = SnapshotMapping.Write(replay.State, replay.Revision, replay.LastHash);
        Assert.True(bytes.Length > 4 * 32 * 1024, "It is read in few parts.");
        return bytes;
    }
}
