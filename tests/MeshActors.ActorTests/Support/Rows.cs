using MeshActors.Cluster;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.ActorTests.Support;

/// <summary>An organization's journal as rows, and its way into another mesh.</summary>
internal static class Rows
{
    public static async Task<List<JournalRow>> RowsAsync(this IMesh mesh, OrganizationId? organization = null, long from = 1, long to = 0)
    {
        var rows = new List<JournalRow>();
        await foreach (var page in mesh.RowsAsync(organization ?? Some.Acme, from, to, default))
        {
            rows.AddRange(page);
        }

        return rows;
    }

    public static async Task<IOrganizationImport> BeginImportAsync(this IMesh mesh, OrganizationId? organization = null) =>
        Assert.IsType<ImportStart.Begun>(await mesh.BeginImportAsync(organization ?? Some.Acme, Some.Meta(), default)).Import;

    /// <summary>All rows, and the end.</summary>
    public static async Task<Refusal?> ImportAsync(this IMesh mesh, IReadOnlyList<JournalRow> rows, OrganizationId? organization = null, int atOnce = 100)
    {
        var import = await mesh.BeginImportAsync(organization);
        foreach (var batch in rows.Chunk(atOnce))
        {
            if (await import.AddAsync(batch, default) is { } reason)
            {
                return reason;
            }
        }

        return await import.FinishAsync(rows[^1].Revision, rows[^1].Hash(), default);
    }

    /// <summary>As another build would have written it: the same facts in other bytes, or other facts in the same place.</summary>
    public static JournalRow Of(long revision, OrganizationEvent @event, JournalRow? before)
    {
        var bytes = JournalMapping.Encode(new OrganizationRow(@event, Some.Meta(), before?.Hash() ?? []));
        return new JournalRow(revision, JournalMapping.Manifest(@event), bytes);
    }

    public static void SameRows(IReadOnlyList<JournalRow> expected, IReadOnlyList<JournalRow> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.True(pair.Item1.IsSame(pair.Item2), $"Revision {pair.Item1.Revision} differs."));
    }
}
