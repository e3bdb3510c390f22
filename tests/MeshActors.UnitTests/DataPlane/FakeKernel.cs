using System.Diagnostics;
using System.Net;
using MeshActors.Domain;
using MeshActors.Domain.DataPlane;
using MeshActors.Domain.Ipam;

namespace MeshActors.UnitTests.DataPlane;

/// <summary>
/// Has the kernel's own rules: a CIDR leaves its old peer when another claims it, a route needs its interface up, and an
/// address or route that is there already cannot be added again.
/// </summary>
internal sealed class FakeKernel
{
    private readonly Dictionary<PublicKey, ObservedPeer> _peers = [];
    private readonly List<InterfaceAddress> _addresses = [];
    private readonly HashSet<Prefix> _routes = [];
    private readonly List<Prefix> _rules = [];
    private bool _exists;
    private bool _isUp;
    private PublicKey? _key;
    private ushort _port;

    public ForeignRoutes Foreign { get; init; } = ForeignRoutes.None;

    public bool HasDocker { get; init; }

    public bool ForwardsV4 { get; private set; }

    public bool ForwardsV6 { get; private set; }

    public IReadOnlyDictionary<PublicKey, ObservedPeer> Peers => _peers;

    public IReadOnlySet<Prefix> Routes => _routes;

    public IReadOnlyList<Prefix> Rules => _rules;

    public IReadOnlyList<InterfaceAddress> Addresses => _addresses;

    public Observed Read() => new(
        _exists ? new ObservedDevice(_isUp, _isUp ? Desired.Mtu : 1500, _key, _port, new Dictionary<PublicKey, ObservedPeer>(_peers)) : null,
        [.. _addresses],
        [.. _routes],
        [],
        Foreign,
        ForwardsV4,
        ForwardsV6,
        HasDocker ? _rules.Where(rule => !rule.IsV6).ToValueList() : null,
        HasDocker ? _rules.Where(rule => rule.IsV6).ToValueList() : null);

    public void Apply(Plan plan)
    {
        foreach (var change in plan.Changes)
        {
            Apply(change);
        }
    }

    public void Apply(Change change)
    {
        switch (change)
        {
            case Change.CreateInterface:
                Require(!_exists);
                _exists = true;
                break;
            case Change.SetDevice set:
                Require(_exists);
                (_key, _port) = (set.Key, set.ListenPort);
                break;
            case Change.BringUp:
                Require(_exists);
                _isUp = true;
                break;
            case Change.AddAddress add:
                Require(_exists && !_addresses.Contains(new InterfaceAddress(add.Address.Address, add.Address.Length)));
                _addresses.Add(new InterfaceAddress(add.Address.Address, add.Address.Length));
                break;
            case Change.RemoveAddress remove:
                Require(_addresses.Remove(remove.Address));
                break;
            case Change.SetPeer set:
                Set(set);
                break;
            case Change.RemovePeer remove:
                Require(_peers.Remove(remove.Key));
                break;
            case Change.AddRoute add:
                Require(_isUp && _routes.Add(add.Prefix));
                break;
            case Change.RemoveRoute remove:
                Require(_routes.Remove(remove.Prefix));
                break;
            case Change.EnableForwarding enable:
                (ForwardsV4, ForwardsV6) = (ForwardsV4 || !enable.V6, ForwardsV6 || enable.V6);
                break;
            case Change.AddDockerRule add:
                Require(HasDocker);
                _rules.Add(add.Prefix);
                break;
            case Change.RemoveDockerRule remove:
                Require(_rules.Remove(remove.Prefix));
                break;
            default:
                throw new UnreachableException(change.GetType().Name);
        }
    }

    /// <summary>As `ip link delete` does: what hangs on the interface goes with it.</summary>
    public void DeleteInterface()
    {
        (_exists, _isUp, _key) = (false, false, null);
        _peers.Clear();
        _addresses.Clear();
        _routes.Clear();
    }

    public void FlushRules() => _rules.Clear();

    public void Shake(PublicKey key, IPEndPoint from, DateTimeOffset at) =>
        _peers[key] = _peers[key] with { Endpoint = from, LastHandshakeUnixSeconds = at.ToUnixTimeSeconds() };

    private void Set(Change.SetPeer set)
    {
        Require(_exists);
        if (set.AllowedIps is { } claimed)
        {
            foreach (var (key, other) in _peers.ToList())
            {
                _peers[key] = other with { AllowedIps = other.AllowedIps.Where(prefix => !claimed.Contains(prefix)).ToValueList() };
            }
        }

        var peer = _peers.GetValueOrDefault(set.Key) ?? new ObservedPeer(set.Key, null, [], 0, 0, 0, 0);
        _peers[set.Key] = peer with
        {
            AllowedIps = set.AllowedIps ?? peer.AllowedIps,
            Endpoint = set.Endpoint ?? peer.Endpoint,
            KeepaliveSeconds = Desired.KeepaliveSeconds,
        };
    }

    private static void Require(bool condition) => Assert.True(condition, "The kernel refuses this change.");
}
