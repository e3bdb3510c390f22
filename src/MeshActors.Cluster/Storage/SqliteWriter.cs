using System.Collections.Concurrent;
using System.Data;
using Microsoft.Data.Sqlite;

namespace MeshActors.Cluster.Storage;

/// <summary>
/// A connection whose write transactions stand in one line with the others of this process. SQLite has no line: who finds its
/// lock taken sleeps for 1, 2, 5, 10, 15, 20, 25 ms and then looks again, so that one who is unlucky waits for many short
/// transactions of others.
/// </summary>
/// <param name="waitMax">After that it goes on without a place. SQLite's own lock is what keeps writers apart, here and in other processes.</param>
internal sealed class SqliteWriter(string connectionString, SqliteWriter.Line line, TimeSpan waitMax) : SqliteConnection(connectionString)
{
    private bool _hasPlace;

    public override SqliteTransaction BeginTransaction(IsolationLevel isolationLevel, bool deferred)
    {
        if (!deferred && Transaction is null)
        {
            _hasPlace = line.TryEnter(waitMax);
        }

        try
        {
            return base.BeginTransaction(isolationLevel, deferred);
        }
        catch when (Transaction is null)
        {
            Leave();
            throw;
        }
    }

    public override void Close()
    {
        try
        {
            base.Close();
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Null when it has ended.</summary>
    protected override SqliteTransaction? Transaction
    {
        get => base.Transaction;
        set
        {
            base.Transaction = value;
            if (value is null)
            {
                Leave();
            }
        }
    }

    private void Leave()
    {
        if (_hasPlace)
        {
            _hasPlace = false;
            line.Leave();
        }
    }

    /// <summary>Of one file: who has waited for longest is next. Few do: the journal, snapshots, views and an import.</summary>
    internal sealed class Line
    {
        private static readonly ConcurrentDictionary<string, Line> Lines = new();

        private readonly SemaphoreSlim _place;
        private long _entered;

        private Line(SemaphoreSlim place) => _place = place;

        /// <summary>Who has come so far.</summary>
        public long Entered => Interlocked.Read(ref _entered);

        public static Line Of(string file) => Lines.GetOrAdd(Path.GetFullPath(file), _ => new Line(new SemaphoreSlim(1, 1)));

        public bool TryEnter(TimeSpan waitMax)
        {
            // Only those who wait asynchronously are served in order. But on this thread: a pool that is busy would let a writer
            // that is next wait for a thread, and all others with it.
            var place = _place.WaitAsync(waitMax);
            Interlocked.Increment(ref _entered);
            return place.GetAwaiter().GetResult();
        }

        public void Leave() => _place.Release();
    }
}
