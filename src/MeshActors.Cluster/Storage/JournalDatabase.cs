using System.Data.Common;
using LinqToDB;
using MeshActors.Cluster.Serialization;

namespace MeshActors.Cluster.Storage;

/// <summary>Where the journal and the snapshots are.</summary>
public abstract record JournalDatabase
{
    /// <summary>Tells the processes that wrote rows apart, for a person who looks.</summary>
    private protected static readonly string Writer = Guid.CreateVersion7().ToString("N");

    private protected JournalDatabase()
    {
    }

    /// <summary>As people call it.</summary>
    public abstract string Kind { get; }

    /// <summary>Which one it is, for logs and errors. Never a password.</summary>
    public abstract string Name { get; }

    /// <summary>The file of <c>hocon/</c> that goes with it.</summary>
    internal abstract string HoconFile { get; }

    /// <summary>How the journal connects. In code, so that a password is in no configuration that Akka may log.</summary>
    internal abstract DataOptions Options();

    internal abstract DbConnection Connect();

    /// <summary>
    /// A transaction that writes what can be made again from the journal: its commit does not wait for the disk. After a
    /// power cut the last of these may be missing, but never a part of one.
    /// </summary>
    internal abstract Task<DbTransaction> BeginDerivedAsync(DbConnection connection, CancellationToken cancellationToken);

    /// <summary>A transaction that reads one state of the database, and waits for no writer.</summary>
    internal abstract Task<DbTransaction> BeginReadAsync(DbConnection connection, CancellationToken cancellationToken);

    /// <summary>Inserts many rows in the way that is fastest here; all of them follow one another in the transaction.</summary>
    /// <param name="table">Its name, and the columns.</param>
    /// <param name="rows">As many values as there are columns.</param>
    internal abstract Task InsertAsync(
        DbConnection connection, DbTransaction transaction, TableColumns table, IEnumerable<object?[]> rows, CancellationToken cancellationToken);

    /// <summary>True when all writers wait for one another: long work must leave them room.</summary>
    internal abstract bool HasOneWriter { get; }

    /// <summary>
    /// Adds an entity's rows from a number on, as the journal would have written them: all or none, and none where one of
    /// them is there.
    /// </summary>
    /// <param name="areSound">Looked at when all are written: they are committed when it comes to true, and else gone.</param>
    /// <exception cref="DbException">Whether they were stored is not known.</exception>
    internal abstract Task AppendAsync(string entity, long first, IReadOnlyList<JournalEntry> rows, Task<bool> areSound);

    /// <summary>The numbered scripts of its schema.</summary>
    internal abstract string SchemaFolder { get; }

    /// <summary>Waits for other processes that make the schema too. Held to the end of the transaction.</summary>
    internal abstract string LockSchema { get; }

    /// <summary>Null when it takes entries, else the sentence that says why not.</summary>
    internal abstract Task<string?> FindFaultAsync(CancellationToken cancellationToken);

    /// <summary>As the journal counts the time of a row.</summary>
    private protected static long Now => TimeProvider.System.GetUtcNow().Ticks;
}
