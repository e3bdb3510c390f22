using LinqToDB;
using LinqToDB.Data;
using LinqToDB.Mapping;
using LinqToDB.Metrics;
using MeshActors.ActorTests.Support;

namespace MeshActors.ActorTests;

/// <summary>The text of a row's INSERT, on the database of the run.</summary>
public sealed class RowInsertsTests : IDisposable
{
    private static readonly AsyncLocal<List<ActivityID>?> Seen = new();

    private readonly TempDirectory _directory = new();

    static RowInsertsTests() => ActivityService.AddFactory(id =>
    {
        Seen.Value?.Add(id);
        return null;
    });

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_is_made_once_whatever_the_values_are()
    {
        await using var connection = new DataConnection(TestJournal.In(_directory.Path).Options());
        await connection.CreateTableAsync<Row>();
        Row[] rows = [new(1, null, null), new(2, "text", [1, 2]), new(3, "", null), new(4, null, [])];
        Seen.Value = [];
        foreach (var row in rows)
        {
            await connection.InsertAsync(row);
        }

        Assert.Equal(rows.Length, Seen.Value.Count(id => id == ActivityID.InsertObjectAsync));
        Assert.Single(Seen.Value, ActivityID.BuildSql);
        Assert.Equivalent(rows, connection.GetTable<Row>().OrderBy(row => row.Number).ToArray());
    }

    [Fact]
    public async Task A_question_that_depends_on_its_values_is_asked_as_before()
    {
        await using var connection = new DataConnection(TestJournal.In(_directory.Path).Options());
        await connection.CreateTableAsync<Row>();
        await connection.InsertAsync(new Row(1, null, null));
        await connection.InsertAsync(new Row(2, "text", null));

        Assert.Equal([2L], Numbers(connection, "text"));
        Assert.Equal([1L], Numbers(connection, null));
    }

    private static long[] Numbers(DataConnection connection, string? text) =>
        connection.GetTable<Row>().Where(row => row.Text == text).Select(row => row.Number).ToArray();

    [Table("inserted")]
    private sealed record Row([property: Column, PrimaryKey] long Number, [property: Column] string? Text, [property: Column] byte[]? Bytes);
}
