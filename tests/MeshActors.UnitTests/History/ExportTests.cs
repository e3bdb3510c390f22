using System.Text;
using CsCheck;
using MeshActors.Cli.Failures;
using MeshActors.Contracts.History;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.History;

/// <summary>Whatever is done to an export is found, and the report names the place.</summary>
public sealed class ExportTests
{
    private static readonly List<JournalRow> Journal = Journals.Rows(seed: 7);

    private static readonly Gen<int> AnyRow = Gen.Int[0, Journal.Count - 1];

    [Fact]
    public async Task What_is_written_is_read_again_byte_for_byte()
    {
        var export = await Journals.ExportAsync(Journal);
        Assert.Null(await Journals.VerifyAsync(export));
        await using var source = await Journals.OpenAsync(export);
        var read = new List<JournalRow>();
        await foreach (var page in source.ReadAsync(1, 0, default))
        {
            read.AddRange(page);
        }

        Assert.Equal(Journal.Count, read.Count);
        Assert.All(Journal.Zip(read), pair => Assert.True(pair.Item1.IsSame(pair.Item2)));
        Assert.Equal(export, await Journals.ExportAsync(read));
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_is_found_and_its_revision_is_named()
    {
        var export = await Journals.ExportAsync(Journal);
        await Gen.Select(Gen.Int[0, export.Length - 1], Gen.Int[0, 7]).SampleAsync(async (at, bit) =>
        {
            var damaged = export.ToArray();
            damaged[at] ^= (byte)(1 << bit);
            var line = export.AsSpan(0, at).Count((byte)'\n');
            Named(await Journals.VerifyAsync(damaged), line, Journal.Count);
        }, iter: 1_500);
    }

    [Fact]
    public async Task A_line_left_out_doubled_or_moved_is_found_and_its_revision_is_named()
    {
        var lines = Lines(await Journals.ExportAsync(Journal));
        await AnyRow.SampleAsync(async row =>
        {
            Named(await VerifyAsync([.. lines[..(row + 1)], .. lines[(row + 2)..]]), row + 1, Journal.Count);
            Named(await VerifyAsync([.. lines[..(row + 2)], .. lines[(row + 1)..]]), row + 1, Journal.Count);
            if (row + 1 < Journal.Count)
            {
                Named(await VerifyAsync([.. lines[..(row + 1)], lines[row + 2], lines[row + 1], .. lines[(row + 3)..]]), row + 1, Journal.Count);
            }
        }, iter: 200);
    }

    [Fact]
    public async Task A_forged_event_anywhere_is_found_by_its_hash_or_by_the_next_one()
    {
        var lines = Lines(await Journals.ExportAsync(Journal));
        await AnyRow.SampleAsync(async row =>
        {
            var forged = Journals.Forge(Journal, row, new OrganizationEvent.TokenCreated(new AccessToken("mine", MeshActors.Domain.Trust.SecretHash.Of("mine"), "mine")));
            var line = Lines(await Journals.ExportAsync([.. Journal[..row], forged]))[row + 1];
            Named(await VerifyAsync([.. lines[..(row + 1)], line, .. lines[(row + 2)..]]), row + 1, Journal.Count);
        }, iter: 100);
    }

    [Fact]
    public async Task An_export_that_breaks_off_anywhere_is_incomplete()
    {
        var export = await Journals.ExportAsync(Journal);
        await Gen.Int[0, export.Length - 1].SampleAsync(
            async length => Assert.NotNull(await Journals.VerifyAsync(export[..length])), iter: 500);
        Assert.Equal("export-incomplete", (await Journals.VerifyAsync(export[..export.AsSpan(0, export.Length - 1).LastIndexOf((byte)'\n')]))?.Code);
        Assert.NotNull(await Journals.VerifyAsync([.. export, (byte)'\n']));
        Assert.NotNull(await Journals.VerifyAsync([.. export, .. export]));
    }

    [Fact]
    public async Task A_part_says_where_it_begins_and_is_not_taken_for_the_whole()
    {
        var export = await Journals.ExportAsync(Journal[100..200]);
        await using var source = await Journals.OpenAsync(export);
        Assert.Equal(101, source.First);
        Assert.Equal("journal-partial", (await Journals.VerifyAsync(export))?.Code);
    }

    [Fact]
    public async Task A_writer_takes_only_what_follows()
    {
        using var stream = new MemoryStream();
        var writer = new ExportWriter(stream, "acme");
        Assert.Null(await writer.AddAsync(Journal[..10], default));
        Assert.Equal("journal-gap", (await writer.AddAsync(Journal[11..], default))?.Code);
        Assert.Equal("journal-gap", (await writer.AddAsync(Journal[9..], default))?.Code);
        Assert.Null(await writer.AddAsync(Journal[10..], default));
    }

    /// <summary>The fault names the revision on that line, or the one after it, which is the first that shows it.</summary>
    /// <param name="line">0 is the header, the one after the last row the footer.</param>
    private static void Named(Failure? fault, int line, int rows)
    {
        Assert.NotNull(fault);
        if (line > 0 && line <= rows)
        {
            Assert.True(
                fault.Sentence.Contains($"evision {line} ", StringComparison.Ordinal) || fault.Sentence.Contains($"evision {line},", StringComparison.Ordinal)
                || fault.Sentence.Contains($"evision {line + 1} ", StringComparison.Ordinal) || fault.Sentence.Contains($"revision {line + 1},", StringComparison.Ordinal),
                $"line {line}: {fault.Sentence}");
        }
    }

    private static List<string> Lines(byte[] export) => [.. Encoding.UTF8.GetString(export).TrimEnd('\n').Split('\n')];

    private static Task<Failure?> VerifyAsync(IReadOnlyList<string> lines) =>
        Journals.VerifyAsync(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
}
