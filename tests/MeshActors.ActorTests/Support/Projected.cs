using System.Data.Common;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Projections;
using MeshActors.Contracts.History;
using MeshActors.Domain;

namespace MeshActors.ActorTests.Support;

/// <summary>Projections against what the journal says that they must be, line by line in the canonical form.</summary>
internal static class Projected
{
    /// <summary>The lines that a replay of the rows makes, sorted.</summary>
    public static List<string> Lines(IEnumerable<JournalRow> rows)
    {
        var lines = new List<string>();
        var sums = new ProjectionSums(lines.Add);
        var replay = new Replay();
        foreach (var row in rows)
        {
            Assert.Null(replay.TryAdd(row, out var read));
            sums.Add(IndexedEvent.Of(row.Revision, row.Manifest, read!));
        }

        sums.Add(replay.State);
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    /// <summary>The projection holds just that, byte for byte.</summary>
    public static async Task SameAsync(Summing summing, OrganizationId organization, IReadOnlyList<JournalRow> rows)
    {
        var lines = new List<string>();
        // It waits 5 s for a view that is behind, which a machine that runs other tests too may need again.
        var view = await summing.RunAsync(organization, lines.Add, null, default);
        for (var again = 0; again < 5 && view.Revision < rows[^1].Revision; again++)
        {
            lines.Clear();
            view = await summing.RunAsync(organization, lines.Add, null, default);
        }

        Assert.Equal(rows[^1].Revision, view.Revision);
        Assert.Equal(rows[^1].Hash(), view.Hash);
        lines.Sort(StringComparer.Ordinal);
        Assert.Equal(Lines(rows), lines);
    }

    /// <summary>Writes rows into the journal's table, as its entity would have.</summary>
    public static void Store(string directory, OrganizationId organization, IEnumerable<JournalRow> rows)
    {
        foreach (var batch in rows.Chunk(500))
        {
            var values = string.Join(", ", batch.Select((_, i) => $"(0, {False}, '{OrganizationActor.PersistenceIdOf(organization)}', @n{i}, @b{i}, @m{i}, 7302, '')"));
            TestJournal.Run(directory, $"INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid) VALUES {values}", command =>
            {
                for (var i = 0; i < batch.Length; i++)
                {
                    Add(command, $"n{i}", batch[i].Revision);
                    Add(command, $"b{i}", batch[i].Bytes.ToArray());
                    Add(command, $"m{i}", batch[i].Manifest);
                }

                return command.ExecuteNonQuery();
            });
        }
    }

    private static string False => TestJournal.IsPostgres ? "false" : "0";

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
