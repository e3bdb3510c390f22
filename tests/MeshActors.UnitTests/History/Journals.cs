using MeshActors.Benchmarks;
using MeshActors.Cli;
using MeshActors.Cli.Events;
using MeshActors.Cli.Failures;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.History;

/// <summary>Journals of random workloads, as rows and as exports, and what meshctl says of them.</summary>
internal static class Journals
{
    public static readonly Terminal Silent = new(TextReader.Null, TextWriter.Null, TextWriter.Null, IsInteractive: false, TimeProvider.System, _ => null);

    public static List<JournalRow> Rows(int seed, int nodes = 12, long events = 300) => [.. JournalGenerator.Rows(seed, nodes, events)];

    public static async Task<byte[]> ExportAsync(IReadOnlyList<JournalRow> rows)
    {
        using var stream = new MemoryStream();
        var writer = new ExportWriter(stream, "acme");
        Assert.Null(await writer.AddAsync(rows, default));
        await writer.EndAsync(default);
        return stream.ToArray();
    }

    public static Task<FileRows> OpenAsync(byte[] export) => FileRows.OpenAsync("test.jsonl", new MemoryStream(export), default);

    /// <summary>Null when it is proven, else the fault; exactly as `meshctl events verify FILE` does it.</summary>
    public static async Task<Failure?> VerifyAsync(byte[] export)
    {
        try
        {
            await using var source = await OpenAsync(export);
            await using var progress = new Progress(Silent, "verified", source.ReadShare);
            var replay = await Verification.ReplayAsync(source, null, progress, null, default);
            Assert.Equal(source.Organization, replay.State.Id.Value);
            return null;
        }
        catch (Exception e) when (e is FailureException or ExportFaultException)
        {
            return FailureMapping.Of(e, null);
        }
    }

    /// <summary>The same place in the journal with another event, and with a chain that is right up to there.</summary>
    public static JournalRow Forge(IReadOnlyList<JournalRow> rows, int index, OrganizationEvent @event)
    {
        var honest = JournalMapping.Decode(rows[index].Manifest, rows[index].Bytes.Span);
        var bytes = JournalMapping.Encode(new OrganizationRow(@event, honest.Meta, honest.PreviousHash));
        return new JournalRow(rows[index].Revision, JournalMapping.Manifest(@event), bytes);
    }

    /// <summary>The rows from there on again, chained anew: what a forger does who rewrites all that follows.</summary>
    public static List<JournalRow> Rechain(IReadOnlyList<JournalRow> rows, int from)
    {
        var chained = rows.Take(from).ToList();
        foreach (var row in rows.Skip(from))
        {
            var read = JournalMapping.Decode(row.Manifest, row.Bytes.Span);
            var previous = chained.Count == 0 ? [] : chained[^1].Hash();
            chained.Add(new JournalRow(chained.Count + 1, row.Manifest, JournalMapping.Encode(new OrganizationRow(read.Event, read.Meta, previous))));
        }

        return chained;
    }
}
