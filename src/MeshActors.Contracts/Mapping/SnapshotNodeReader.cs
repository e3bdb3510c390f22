using System.Runtime.InteropServices;
using System.Text;
using MeshActors.Contracts.Journal.V1;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;
using Wire = MeshActors.Contracts.Agent.V1;

namespace MeshActors.Contracts.Mapping;

/// <summary>
/// Makes nodes of the bytes of <see cref="SnapshotNode"/>: an organization that recovers reads thousands of them, and the
/// objects of the generated code, several for each network, would be most of what the collector then has to look at.
/// </summary>
internal sealed class SnapshotNodeReader
{
    // Of one node after the other.
    private readonly List<Prefix> _addresses = [];
    private readonly List<Prefix> _allocated = [];
    private readonly List<Prefix> _announced = [];
    private readonly List<Endpoint> _endpoints = [];
    private readonly List<PublicKey> _formerKeys = [];

    /// <summary>All keys by which a node of those read is or was known.</summary>
    public List<KeyValuePair<PublicKey, NodeId>> Keys { get; } = [];

    /// <exception cref="FormatException">That is no node.</exception>
    public Node Read(ReadOnlySpan<byte> bytes)
    {
        Clear();
        ReadOnlySpan<byte> id = default, name = default, key = default, credential = default;
        var isRemoved = false;
        var fields = new WireFields(bytes);
        while (fields.MoveNext())
        {
            switch (fields.Number)
            {
                case SnapshotNode.IdFieldNumber:
                    id = fields.Content;
                    break;
                case SnapshotNode.NameFieldNumber:
                    name = fields.Content;
                    break;
                case SnapshotNode.PublicKeyFieldNumber:
                    key = fields.Content;
                    break;
                case SnapshotNode.CredentialFieldNumber:
                    credential = fields.Content;
                    break;
                case SnapshotNode.AddressesFieldNumber:
                    _addresses.Add(ReadPrefix(fields.Content));
                    break;
                case SnapshotNode.AllocatedFieldNumber:
                    _allocated.Add(ReadPrefix(fields.Content));
                    break;
                case SnapshotNode.AnnouncedFieldNumber:
                    _announced.Add(ReadPrefix(fields.Content));
                    break;
                case SnapshotNode.EndpointsFieldNumber:
                    _endpoints.Add(ReadEndpoint(fields.Content));
                    break;
                case SnapshotNode.RemovedFieldNumber:
                    isRemoved = fields.Value != 0;
                    break;
                case SnapshotNode.FormerKeysFieldNumber:
                    _formerKeys.Add(AgentMapping.ToPublicKey(fields.Content));
                    break;
            }
        }

        fields.CheckEnd();
        var node = new Node(
            AgentMapping.ToNodeId(id),
            Encoding.UTF8.GetString(name),
            AgentMapping.ToPublicKey(key),
            JournalMapping.ToSecretHash(credential),
            ToList(_addresses),
            ToList(_allocated),
            ToList(_announced),
            ToList(_endpoints),
            isRemoved);
        Keys.Add(new(node.Key, node.Id));
        foreach (var former in _formerKeys)
        {
            Keys.Add(new(former, node.Id));
        }

        return node;
    }

    private static Prefix ReadPrefix(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> address = default;
        var length = 0u;
        var fields = new WireFields(bytes);
        while (fields.MoveNext())
        {
            switch (fields.Number)
            {
                case Wire.Cidr.AddressFieldNumber:
                    address = fields.Content;
                    break;
                case Wire.Cidr.LengthFieldNumber:
                    length = (uint)fields.Value;
                    break;
            }
        }

        fields.CheckEnd();
        return AgentMapping.ToPrefix(address, length);
    }

    private static Endpoint ReadEndpoint(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> address = default;
        var (kind, port) = (0, 0u);
        var fields = new WireFields(bytes);
        while (fields.MoveNext())
        {
            switch (fields.Number)
            {
                case Wire.Endpoint.KindFieldNumber:
                    kind = (int)fields.Value;
                    break;
                case Wire.Endpoint.AddressFieldNumber:
                    address = fields.Content;
                    break;
                case Wire.Endpoint.PortFieldNumber:
                    port = (uint)fields.Value;
                    break;
            }
        }

        fields.CheckEnd();
        return AgentMapping.ToEndpoint((Wire.Endpoint.Types.Kind)kind, address, port);
    }

    private void Clear()
    {
        _addresses.Clear();
        _allocated.Clear();
        _announced.Clear();
        _endpoints.Clear();
        _formerKeys.Clear();
    }

    private static ValueList<T> ToList<T>(List<T> items) => ValueList.Create<T>(CollectionsMarshal.AsSpan(items));
}
