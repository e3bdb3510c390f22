using System.Data.Common;
using System.Globalization;
using MeshActors.Cluster.Regions;
using MeshActors.Cluster.Storage;
using MeshActors.Contracts.History;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;

namespace MeshActors.Cluster.Projections;

/// <summary>A network that a node holds or announces.</summary>
/// <param name="Since">The revision of the event that first named it.</param>
public sealed record FoundHolding(
    OrganizationId Organization, Prefix Network, string Kind, bool IsAnnounced, long Since, NodeId Node, string NodeName, string NodeKey, bool IsRemoved);

/// <param name="Behind">Organizations of which the newest changes are not in it yet.</param>
public sealed record FindResult(IReadOnlyList<FoundHolding> Holdings, bool HasMore, int Behind);

/// <summary>Who holds what, over all organizations of this region's database or in one of them.</summary>
public sealed class Finding
{
    /// <summary>A person reads no more, and a program asks for less at once.</summary>
    public const int FoundMax = 1_000;

    /// <summary>What was just stored is waited for: views are that much behind at most while all is well.</summary>
    private static readonly TimeSpan FreshPatience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan FreshPoll = TimeSpan.FromMilliseconds(50);

    private readonly ProjectionTables _tables;
    private readonly Homes _homes;
    private readonly TimeProvider _time;

    internal Finding(ProjectionTables tables, Homes homes, TimeProvider time)
    {
        _tables = tables;
        _homes = homes;
        _time = time;
    }

    /// <param name="what">An address, a network, or a node's id, name or public key.</param>
    /// <param name="scope">The one organization that is looked in; null for all.</param>
    /// <exception cref="MeshUnavailableException">The database does not answer.</exception>
    public async Task<FindResult> FindAsync(string what, OrganizationId? scope, CancellationToken cancellationToken)
    {
        var behind = await WaitAsync(scope, cancellationToken).ConfigureAwait(false);
        var rows = await _tables.ReadAsync((connection, transaction, token) => Query(connection, transaction, what, scope).ReadAllAsync(Read, token), cancellationToken).ConfigureAwait(false);
        // A network may be held and announced: one line.
        var found = rows.Where(row => _homes.IsHere(row.Organization)).GroupBy(row => (row.Organization, row.Network, row.Node))
            .Select(same => same.OrderBy(row => row.Kind == HoldingKinds.Announced).First() with { IsAnnounced = same.Any(row => row.Kind == HoldingKinds.Announced) })
            .Take(FoundMax).ToList();
        return new FindResult(found, rows.Count > FoundMax, behind);
    }

    /// <returns>How many organizations are behind after some patience.</returns>
    private async Task<int> WaitAsync(OrganizationId? scope, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            // One that has no view yet is behind, too.
            var heads = await new JournalHeads(_tables).ReadAsync(cancellationToken).ConfigureAwait(false);
            var views = (await _tables.AllAsync(cancellationToken).ConfigureAwait(false))
                .Where(view => view.State == ViewState.Serving).ToDictionary(view => view.Organization, view => view.Revision);
            var behind = heads.Count(head => (scope is null || head.Key == scope) && views.GetValueOrDefault(head.Key) < head.Value);
            if (behind == 0 || _time.GetElapsedTime(began) > FreshPatience)
            {
                return behind;
            }

            await Task.Delay(FreshPoll, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static DbCommand Query(DbConnection connection, DbTransaction transaction, string what, OrganizationId? scope)
    {
        var command = connection.CommandOf(transaction, "");
        AddScope(command, scope);
        string[] conditions;
        if (Prefix.TryParse(what, out var network))
        {
            var around = NetworkKey.Around(network).Select((key, i) =>
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"@around{i}");
                command.Add(name, key);
                return name;
            }).ToList();
            command.Add("@first", NetworkKey.Of(network));
            command.Add("@last", NetworkKey.EndOf(network));
            conditions = ["h.network >= @first AND h.network <= @last", .. around.Count > 0 ? [$"h.network IN ({string.Join(", ", around)})"] : Array.Empty<string>()];
        }
        else if (NodeId.TryParse(what, out var node))
        {
            command.Add("@what", node.ToBytes());
            conditions = ["n.node = @what"];
        }
        else
        {
            command.Add("@what", what);
            conditions = [PublicKey.TryParse(what, out _) ? "n.public_key = @what" : "n.name = @what"];
        }

        // Each of the two ways by its own index.
        command.CommandText = string.Join(" UNION ALL ", conditions.Select(condition => $"""
            SELECT p.organization, h.network, h.kind, h.node, n.name, n.public_key, n.is_removed,
                (SELECT min(revision) FROM projected_network w WHERE w.view = h.view AND w.network = h.network)
            FROM projection p JOIN projected_holding h ON h.view = p.view JOIN projected_node n ON n.view = h.view AND n.node = h.node
            WHERE p.state = 1 {(scope is null ? "" : "AND p.organization = @scope")} AND {condition}
            """)) + string.Create(CultureInfo.InvariantCulture, $" ORDER BY 1, 2, 3 LIMIT {FoundMax + 1}");
        return command;
    }

    private static void AddScope(DbCommand command, OrganizationId? scope)
    {
        if (scope is { } one)
        {
            command.Add("@scope", one.Value);
        }
    }

    private static FoundHolding Read(DbDataReader reader) => new(
        OrganizationId.Parse(reader.GetString(0)), NetworkKey.Read(reader.GetFieldValue<byte[]>(1)), reader.GetString(2), IsAnnounced: false,
        reader.IsDBNull(7) ? 0 : reader.GetInt64(7), NodeId.FromBytes(reader.GetFieldValue<byte[]>(3)), reader.GetString(4), reader.GetString(5), reader.GetBoolean(6));
}
