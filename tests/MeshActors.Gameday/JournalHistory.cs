using System.Data.Common;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.Gameday;

/// <summary>One organization's journal as it stands in the database, replayed with the domain's rules and checked with a list's.</summary>
internal sealed class JournalHistory(string organization)
{
    private readonly List<OrganizationRow> _rows = [];
    private readonly List<OrganizationState> _states = [OrganizationState.Initial];
    private readonly List<(Prefix Prefix, NodeId Node)> _held = [];
    private byte[] _lastHash = [];

    public long Revision => _rows.Count;

    public OrganizationState State => _states[^1];

    public MeshMap Map => MeshMap.Of(State, Revision);

    public IReadOnlyList<OrganizationRow> Rows => _rows;

    public OrganizationState StateAt(long revision) => _states[checked((int)revision)];

    /// <summary>Reads what is new. The faults of it, as sentences.</summary>
    public async Task<List<string>> ReadAsync(Func<DbConnection> connect)
    {
        var faults = new List<string>();
        await using var connection = connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = @id AND sequence_number > @from ORDER BY sequence_number, ordering";
        Add(command, "@id", $"org-{organization}");
        Add(command, "@from", Revision);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync() && faults.Count == 0)
        {
            Add(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2), faults);
        }

        return faults;
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }

    private void Add(long revision, string manifest, byte[] bytes, List<string> faults)
    {
        if (revision != Revision + 1)
        {
            faults.Add($"The journal of {organization} has revision {revision} where {Revision + 1} belongs.");
            return;
        }

        try
        {
            var row = JournalMapping.Decode(manifest, bytes);
            if (!row.PreviousHash.Span.SequenceEqual(_lastHash))
            {
                faults.Add($"Revision {revision} of {organization} does not carry the hash of the one before it.");
            }

            _states.Add(Organization.Evolve(State, row.Event));
            _rows.Add(row);
            _lastHash = JournalMapping.HashOf(bytes);
            Hold(revision, row.Event, faults);
        }
        catch (Exception contradiction) when (contradiction is InvalidOperationException or FormatException)
        {
            faults.Add($"Revision {revision} of {organization}: {contradiction.Message}");
        }
    }

    // A list and a loop: what the trie of the controllers must never let through.
    private void Hold(long revision, OrganizationEvent @event, List<string> faults)
    {
        var (node, prefixes) = @event switch
        {
            OrganizationEvent.NodeJoined e => (e.Node, e.Addresses),
            OrganizationEvent.PrefixesAllocated e => (e.Node, e.Prefixes),
            _ => (default, (ValueList<Prefix>)[]),
        };
        foreach (var prefix in prefixes)
        {
            foreach (var other in _held.Where(held => held.Prefix.Overlaps(prefix) && (held.Node != node || held.Prefix == prefix)))
            {
                faults.Add($"Revision {revision} of {organization} gives {prefix} to {node}, and {other.Node} holds {other.Prefix}.");
            }

            _held.Add((prefix, node));
        }
    }
}
