using CsCheck;
using Google.Protobuf;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Journal.V1;
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
    public void What_a_later_version_adds_to_a_node_is_passed_over()
    {
        // Of all types that protobuf has, with numbers that nobody uses yet.
        byte[] added = [0x7d, 1, 2, 3, 4, 0x81, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 0x8a, 0x01, 2, 9, 9, 0x90, 0x01, 0xff, 0x01];
        var snapshot = OrganizationSnapshot.Parser.ParseFrom(Whole);
        var nodes = snapshot.Nodes.ToList();
        snapshot.Nodes.Clear();
        using var later = new MemoryStream();
        using (var output = new CodedOutputStream(later, leaveOpen: true))
        {
            foreach (var node in nodes)
            {
                output.WriteTag(OrganizationSnapshot.NodesFieldNumber, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom([.. added, .. node.ToByteArray()]));
            }

            snapshot.WriteTo(output);
        }

        var (state, revision, lastHash) = SnapshotMapping.Read(later.ToArray());
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
