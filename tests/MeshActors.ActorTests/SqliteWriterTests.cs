using System.Collections.Concurrent;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Storage;

namespace MeshActors.ActorTests;

/// <summary>Who writes to one file stands in one line.</summary>
public sealed class SqliteWriterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Writers_are_served_in_the_order_in_which_they_came()
    {
        var line = SqliteWriter.Line.Of(FileOf("a"));
        using var holder = Open("a", line, Patience);
        var held = holder.BeginTransaction();
        var served = new ConcurrentQueue<int>();
        var writers = new List<Task>();
        foreach (var number in Enumerable.Range(0, 5))
        {
            var before = line.Entered;
            writers.Add(Task.Factory.StartNew(() =>
            {
                using var writer = Open("a", line, Patience);
                using var transaction = writer.BeginTransaction();
                served.Enqueue(number);
                transaction.Commit();
            }, default, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            await Until.TrueAsync(() => Task.FromResult(line.Entered), entered => entered > before);
        }

        held.Commit();
        // Who comes back at once is behind those that wait.
        holder.BeginTransaction().Commit();
        Assert.Equal([0, 1, 2, 3, 4], served);
        await Task.WhenAll(writers).WaitAsync(Patience);
    }

    [Theory]
    [InlineData("committed")]
    [InlineData("rolled back")]
    [InlineData("forgotten")]
    [InlineData("refused")]
    [InlineData("begun twice")]
    public void However_a_transaction_ends_the_next_one_begins(string how)
    {
        var line = SqliteWriter.Line.Of(FileOf("a"));
        using (var first = Open("a", line, Patience))
        {
            var transaction = first.BeginTransaction();
            switch (how)
            {
                case "committed":
                    transaction.Commit();
                    break;
                case "rolled back":
                    transaction.Rollback();
                    break;
                case "begun twice":
                    Assert.Throws<InvalidOperationException>(first.BeginTransaction);
                    transaction.Commit();
                    break;
                case "refused":
                    transaction.Commit();
                    first.Close();
                    Assert.Throws<InvalidOperationException>(first.BeginTransaction);
                    break;
            }
        }

        Assert.True(line.TryEnter(TimeSpan.Zero));
        line.Leave();
    }

    [Fact]
    public void Who_only_reads_stands_in_no_line()
    {
        var line = SqliteWriter.Line.Of(FileOf("a"));
        using var writer = Open("a", line, Patience);
        using var held = writer.BeginTransaction();
        using var reader = Open("a", line, Patience);
        using var reads = reader.BeginTransaction(deferred: true);

        Assert.Equal(1, line.Entered);
    }

    [Fact]
    public void Who_waited_too_long_goes_on_and_takes_nobodys_place()
    {
        var line = SqliteWriter.Line.Of(FileOf("a"));
        using var holder = Open("a", line, Patience);
        using (holder.BeginTransaction())
        {
            // Another file, so that SQLite's lock is free.
            using var late = Open("b", line, TimeSpan.FromMilliseconds(10));
            late.BeginTransaction().Commit();
            Assert.False(line.TryEnter(TimeSpan.Zero));
        }

        Assert.True(line.TryEnter(TimeSpan.Zero));
        line.Leave();
    }

    private string FileOf(string name) => Path.Combine(_directory.Path, $"{name}.db");

    private SqliteWriter Open(string name, SqliteWriter.Line line, TimeSpan waitMax)
    {
        var writer = new SqliteWriter($"Data Source={FileOf(name)}", line, waitMax);
        writer.Open();
        return writer;
    }
}
