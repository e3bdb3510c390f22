using System.Data.Common;
using MeshActors.Cluster.Storage;
using MeshActors.Contracts.History;
using MeshActors.Domain;

namespace MeshActors.Cluster.Projections;

/// <summary>What a view holds, added up at one moment.</summary>
/// <param name="Revision">How far the view goes; 0 when there is none.</param>
/// <param name="JournalRevision">How far the journal goes.</param>
public sealed record ViewSums(long Revision, long JournalRevision, byte[] Hash, ProjectionSums Sums);

/// <summary>Reads all of a view, in the memory of a row.</summary>
public sealed class Summing : IDisposable
{
    /// <summary>A view that is a little behind is waited for: one that holds all is compared with all.</summary>
    private static readonly TimeSpan FreshPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FreshPoll = TimeSpan.FromMilliseconds(100);

    /// <summary>Each reads a whole view: two of them at once would take the machine from those who do not verify.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    private readonly ProjectionTables _tables;
    private readonly TimeProvider _time;

    internal Summing(ProjectionTables tables, TimeProvider time)
    {
        _tables = tables;
        _time = time;
    }

    /// <param name="line">Gets each row in its canonical form, in any order; null: nobody.</param>
    /// <param name="begun">Gets the view's revision as soon as it is certain, long before the sums; null: nobody.</param>
    /// <exception cref="MeshUnavailableException">The database does not answer, or a row is none.</exception>
    public async Task<ViewSums> RunAsync(
        OrganizationId organization, Action<string>? line, Func<long, Task>? begun, CancellationToken cancellationToken)
    {
        await WaitAsync(organization, cancellationToken).ConfigureAwait(false);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await _tables.ReadAsync(async (connection, transaction, token) =>
            {
                var (view, journal) = await HeadsAsync(connection, transaction, organization, token).ConfigureAwait(false);
                await (begun?.Invoke(view?.Revision ?? 0) ?? Task.CompletedTask).ConfigureAwait(false);
                var sums = new ProjectionSums(line);
                if (view is not null)
                {
                    await AddAsync(connection, transaction, view, sums, token).ConfigureAwait(false);
                }

                return new ViewSums(view?.Revision ?? 0, journal, view?.Hash ?? [], sums);
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw new MeshUnavailableException(
                $"The projection of organization '{organization}' has a row that cannot be read ({e.Message}); make it anew with `mesh-controller projections rebuild --org {organization}`.", e);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task WaitAsync(OrganizationId organization, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            var (view, journal) = await _tables.ReadAsync((connection, transaction, token) => HeadsAsync(connection, transaction, organization, token), cancellationToken).ConfigureAwait(false);
            if (view?.Revision == journal || _time.GetElapsedTime(began) > FreshPatience)
            {
                return;
            }

            await Task.Delay(FreshPoll, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<(ProjectedView? View, long Journal)> HeadsAsync(DbConnection connection, DbTransaction transaction, OrganizationId organization, CancellationToken cancellationToken) => (
        await ProjectionTables.FindAsync(connection, transaction, organization, ViewState.Serving, cancellationToken).ConfigureAwait(false),
        await JournalHeads.HeadAsync(connection, transaction, organization, cancellationToken).ConfigureAwait(false));

    private static async Task AddAsync(DbConnection connection, DbTransaction transaction, ProjectedView view, ProjectionSums sums, CancellationToken cancellationToken)
    {
        await EachAsync(connection, transaction, view,
            "SELECT revision, unix_ms, type, principal_kind, principal_id, principal_name, node FROM projected_event WHERE view = @view",
            reader => sums.AddEvent(new IndexedEvent(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                reader.IsDBNull(6) ? null : NodeId.FromBytes(reader.GetFieldValue<byte[]>(6)), [])), cancellationToken).ConfigureAwait(false);
        await EachAsync(connection, transaction, view, "SELECT revision, network FROM projected_network WHERE view = @view",
            reader => sums.AddNetwork(reader.GetInt64(0), NetworkKey.Read(reader.GetFieldValue<byte[]>(1))), cancellationToken).ConfigureAwait(false);
        await EachAsync(connection, transaction, view, "SELECT node, name, public_key, is_removed FROM projected_node WHERE view = @view",
            reader => sums.AddNode(NodeId.FromBytes(reader.GetFieldValue<byte[]>(0)), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3)), cancellationToken).ConfigureAwait(false);
        await EachAsync(connection, transaction, view, "SELECT network, kind, node FROM projected_holding WHERE view = @view",
            reader => sums.AddHolding(NetworkKey.Read(reader.GetFieldValue<byte[]>(0)), reader.GetString(1), NodeId.FromBytes(reader.GetFieldValue<byte[]>(2))), cancellationToken).ConfigureAwait(false);
    }

    private static async Task EachAsync(
        DbConnection connection, DbTransaction transaction, ProjectedView view, string text, Action<DbDataReader> add, CancellationToken cancellationToken)
    {
        var command = connection.CommandOf(transaction, text, ("@view", view.View));
        await using var ends = command.ConfigureAwait(false);
        // A million rows: the database may take longer than for any other statement.
        command.CommandTimeout = 0;
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var endsToo = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            add(reader);
        }
    }
}
