using CsCheck;
using Google.Protobuf;
using MeshActors.Benchmarks;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.UnitTests.Domain;

namespace MeshActors.UnitTests.History;

/// <summary>A replay believes what can follow, and nothing else, even where every hash is right.</summary>
public sealed class ReplayTests
{
    [Fact]
    public void It_makes_the_state_that_the_deciders_made() => Gen.Int[1, 1_000_000].Sample(seed =>
    {
        var workload = new Workload(seed, 15);
        var (state, rows) = (OrganizationState.Initial, new List<JournalRow>());
        foreach (var command in Workload.Beginning.Concat(Enumerable.Range(0, 200).Select(_ => workload.Next(state))))
        {
            var meta = workload.MetaOf(command);
            foreach (var e in ((Decision<OrganizationEvent>.Accepted)Organization.Decide(state, command, meta.Time)).Events)
            {
                state = Organization.Evolve(state, e);
                var bytes = JournalMapping.Encode(new OrganizationRow(e, meta, rows.Count == 0 ? [] : rows[^1].Hash()));
                rows.Add(new JournalRow(rows.Count + 1, JournalMapping.Manifest(e), bytes));
            }
        }

        var replay = new Replay();
        rows.ForEach(row => Assert.Null(replay.TryAdd(row, out _)));
        Assert.Equal(Canonical(state, rows[^1]), Canonical(replay.State, rows[^1]));
    }, iter: 50);

    [Fact]
    public void What_two_would_hold_is_found_though_the_whole_chain_was_made_anew()
    {
        var rows = Journals.Rows(seed: 3);
        var allocated = rows.FindIndex(row => row.Manifest == "org.prefixes-allocated.v1");
        var holder = (OrganizationEvent.PrefixesAllocated)JournalMapping.Decode(rows[allocated].Manifest, rows[allocated].Bytes.Span).Event;
        var later = rows.FindIndex(allocated + 1, row => JournalMapping.Decode(row.Manifest, row.Bytes.Span).Event is OrganizationEvent.PrefixesAllocated e && e.Node != holder.Node);
        var thief = ((OrganizationEvent.PrefixesAllocated)JournalMapping.Decode(rows[later].Manifest, rows[later].Bytes.Span).Event).Node;

        rows[later] = Journals.Forge(rows, later, new OrganizationEvent.PrefixesAllocated(thief, holder.Prefixes));
        var fault = FirstFault(Journals.Rechain(rows, later));

        Assert.Equal(RefusalCodes.JournalContradiction, fault?.Code);
        Assert.Contains($"Revision {later + 1} ", fault!.Message, StringComparison.Ordinal);
        Assert.Contains(holder.Node.ToString(), fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("100.64.0.1", "fd12:3456:789a::9")]            // another node's
    [InlineData("192.0.2.1", "fd12:3456:789a::9")]             // not of the pool
    [InlineData("100.64.0.0", "fd12:3456:789a::9")]            // the network itself
    [InlineData("fd12:3456:789a::9", "100.64.0.9")]
    [InlineData("100.64.0.9")]
    public void An_address_that_no_decision_gives_is_found(params string[] addresses)
    {
        var given = Given.Organization().Done(Given.Join(1));
        var joined = new OrganizationEvent.NodeJoined(Given.Id(2), "b", Given.Key(2), Given.Hash("b"), [.. addresses.Select(a => Given.Net(a))], [], "k1");
        Assert.NotNull(Organization.FindContradiction(given.State, joined));
        Assert.NotNull(Organization.FindContradiction(given.State, joined with { Addresses = [Given.Net("100.64.0.9"), Given.Net("fd12:3456:789a::9")], JoinKeyId = "never" }));
        Assert.Null(Organization.FindContradiction(given.State, joined with { Addresses = [Given.Net("100.64.0.9"), Given.Net("fd12:3456:789a::9")] }));
    }

    [Theory]
    [InlineData("100.100.0.0/24")]
    [InlineData("100.0.0.0/8")]
    [InlineData("10.1.0.0/16")]
    [InlineData("10.1.0.128/25")]
    [InlineData("127.0.0.0/24")]
    [InlineData("0.0.0.0/0")]
    public void A_prefix_that_no_decision_gives_is_found(string prefix)
    {
        var given = Given.Organization().Done(Given.Join(1, "10.1.0.0/24")).Done(Given.Join(2));
        Assert.NotNull(Organization.FindContradiction(given.State, new OrganizationEvent.PrefixesAllocated(Given.Id(2), [Given.Net(prefix)])));
        Assert.Null(Organization.FindContradiction(given.State, new OrganizationEvent.PrefixesAllocated(Given.Id(2), [Given.Net("10.2.0.0/24")])));
    }

    /// <remarks>Of the last row nothing tells but the head of the log, which is not asked here.</remarks>
    [Fact]
    public void Bytes_that_are_no_record_are_a_fault_and_never_an_exception() => Gen.Select(Gen.Int[0, 98], Gen.Int[0, 10_000], Gen.Byte).Sample((row, at, flip) =>
    {
        var rows = Journals.Rows(seed: 5, events: 100);
        var bytes = rows[row].Bytes.ToArray();
        bytes[at % bytes.Length] ^= (byte)(flip | 1);
        rows[row] = rows[row] with { Bytes = bytes };
        Assert.NotNull(FirstFault(rows));
    }, iter: 1_000);

    [Fact]
    public async Task Fields_that_this_build_does_not_know_survive()
    {
        // As a later build would write: a field more in the record, and one in the event.
        var rows = Journals.Rows(seed: 9, events: 50);
        var record = MeshActors.Contracts.Journal.V1.OrganizationRecord.Parser.ParseFrom(rows[4].Bytes.Span);
        byte[] unknown = [.. record.ToByteArray(), 0xf2, 0x3e, 3, 1, 2, 3];    // field 1006, three bytes
        rows[4] = rows[4] with { Bytes = unknown };
        rows = Rechained(rows, 5);

        Assert.Null(FirstFault(rows));
        var export = await Journals.ExportAsync(rows);
        Assert.Null(await Journals.VerifyAsync(export));
        await using var source = await Journals.OpenAsync(export);
        await foreach (var page in source.ReadAsync(5, 5, default))
        {
            Assert.Equal(unknown, page[0].Bytes.ToArray());
        }
    }

    /// <summary>The rows after the changed one get its new hash; theirs are known fields alone.</summary>
    private static List<JournalRow> Rechained(List<JournalRow> rows, int from) => Journals.Rechain(rows, from);

    private static Refusal? FirstFault(IEnumerable<JournalRow> rows)
    {
        var replay = new Replay();
        return rows.Select(row => replay.TryAdd(row, out _)).FirstOrDefault(fault => fault is not null);
    }

    private static byte[] Canonical(OrganizationState state, JournalRow last) =>
        SnapshotMapping.Write(state, last.Revision, last.Hash());
}
