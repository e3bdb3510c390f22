using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Contracts.Trust;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Trust;
using Endpoint = MeshActors.Domain.Organizations.Endpoint;

namespace MeshActors.Remoting;

/// <summary>
/// A host's membership in a mesh over Akka remoting: joins, then follows the organization's map and says what the host
/// has made of it. One for a node; safe to use from several threads.
/// </summary>
/// <example>
/// <code>
/// await using var transport = EdgeTransport.Start(new EdgeOptions("mesh.example.org", 8444, certificate, authority));
/// var identity = await MeshFollower.JoinAsync(transport, NodeIdentity.Create("host1"), joinKey, [], stop);
/// var follower = new MeshFollower(transport, identity);
/// await foreach (var map in follower.FollowAsync(stop)) { Use(map); follower.Applied(map); }
/// </code>
/// </example>
public sealed class MeshFollower
{
    private const uint ProtocolVersion = 1;

    /// <summary>A stream that ended sooner was no success: two hosts with one identity end each other's at once.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    private readonly IAgentTransport _transport;
    private readonly NodeIdentity _identity;
    private readonly TimeProvider _time;
    private readonly Outbox _outbox = new();
    private readonly MapSession _session;
    private EndpointsReport _endpoints = new();

    /// <param name="identity">Of a host that has joined.</param>
    /// <param name="known">The map that the host has from before; null for none. Its revision spares sending it again.</param>
    public MeshFollower(IAgentTransport transport, NodeIdentity identity, MeshMap? known = null, TimeProvider? time = null)
    {
        _transport = transport;
        _identity = identity;
        _time = time ?? TimeProvider.System;
        _session = new MapSession(known ?? MeshMap.Empty, _outbox);
    }

    /// <summary>All that the node announces; the controller refuses what another holds.</summary>
    public ValueList<string> Prefixes { get; init; } = [];

    public string Version { get; init; } = "";

    /// <summary>Told of each change: connected, or why not (null at a start).</summary>
    public Action<bool, string?> Report { get; init; } = (_, _) => { };

    /// <summary>Makes the host a node. Safe to repeat with the same identity; waits for the controller as long as it takes.</summary>
    /// <param name="joinKey">The whole text, or what stands behind <c>#</c> in a join URL.</param>
    /// <param name="prefixes">Child prefixes in CIDR text; granted together or not at all.</param>
    /// <returns>The identity to store.</returns>
    /// <exception cref="ControllerRefusedException">The controller says no.</exception>
    /// <exception cref="ControllerUnreachableException">Who answers is not the mesh's controller.</exception>
    public static async Task<NodeIdentity> JoinAsync(
        IAgentTransport transport, NodeIdentity identity, string joinKey, IEnumerable<string> prefixes, CancellationToken stop,
        Action<string>? report = null, TimeProvider? time = null)
    {
        var request = new JoinRequest
        {
            Protocol = ProtocolVersion,
            JoinKey = joinKey,
            Name = identity.Name,
            PublicKey = ByteString.CopyFrom(PossessionProof.PublicKeyOf(identity.PrivateKey.Span)),
            CredentialHash = ByteString.CopyFrom(SecretHash.Of(identity.CredentialSecret).ToBytes()),
            Prefixes = { prefixes },
        };
        var backoff = new Backoff();
        while (true)
        {
            try
            {
                if (await JoinHandshake.RunAsync(transport, request, identity.PrivateKey, stop).ConfigureAwait(false) is { } joined)
                {
                    return identity with { Organization = joined.Organization, NodeId = joined.NodeId.ToNodeId().ToString() };
                }
            }
            catch (ControllerUnreachableException e) when (!e.IsDistrust)
            {
                report?.Invoke(e.Message);
            }

            await Task.Delay(backoff.Next(), time ?? TimeProvider.System, stop).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The map at each revision that the reader is in time for: a slow one gets the newest and not those between. Comes back
    /// after every loss, until it is stopped. Once at a time.
    /// </summary>
    /// <exception cref="ControllerRefusedException">The controller says no: the node was removed, or its prefixes are another's.</exception>
    public async IAsyncEnumerable<MeshMap> FollowAsync([EnumeratorCancellation] CancellationToken stop)
    {
        var maps = Channel.CreateBounded<MeshMap>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = RunAsync(maps.Writer, ending.Token);
        try
        {
            await foreach (var map in maps.Reader.ReadAllAsync(stop).ConfigureAwait(false))
            {
                yield return map;
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
        }
    }

    /// <summary>The host has what this map says; operators see how far each node is behind.</summary>
    public void Applied(MeshMap map) =>
        _outbox.Put(new Applied { Revision = map.Revision, Digest = AgentMapping.DigestToWire(map.Digest) });

    /// <summary>Where peers reach the host's WireGuard.</summary>
    public void ReportEndpoints(IEnumerable<Endpoint> endpoints, ushort listenPort)
    {
        var report = new EndpointsReport { Endpoints = { endpoints.Select(endpoint => endpoint.ToWire()) }, ListenPort = listenPort };
        Volatile.Write(ref _endpoints, report);
        _outbox.Put(report);
    }

    /// <summary>What operators should know of the host, in sentences; the whole list each time.</summary>
    public void Warn(IEnumerable<string> warnings) => _outbox.Put(new WarningsReport { Warnings = { warnings } });

    private async Task RunAsync(ChannelWriter<MeshMap> maps, CancellationToken stop)
    {
        var backoff = new Backoff();
        Exception? end = null;
        while (end is null && !stop.IsCancellationRequested)
        {
            var started = _time.GetTimestamp();
            (var problem, end) = await StreamAsync(maps, stop).ConfigureAwait(false);
            if (end is null && !stop.IsCancellationRequested)
            {
                Report(false, problem);
                if (_time.GetElapsedTime(started) > StableAfter)
                {
                    backoff.Reset();
                }

                await Task.Delay(backoff.Next(), _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        maps.TryComplete(end);
    }

    private async Task<(string? Problem, Exception? End)> StreamAsync(ChannelWriter<MeshMap> maps, CancellationToken stop)
    {
        try
        {
            return (await _session.RunAsync(
                _transport, _identity.Credential(), Hello(), _ => Report(true, null), map => maps.TryWrite(map), stop).ConfigureAwait(false), null);
        }
        catch (ControllerUnreachableException e)
        {
            return (e.Message, null);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return (null, null);
        }
        // Whoever reads the maps is told.
        catch (Exception e)
        {
            return (null, e);
        }
    }

    private Hello Hello()
    {
        var endpoints = Volatile.Read(ref _endpoints);
        return new Hello
        {
            Protocol = ProtocolVersion,
            Name = _identity.Name,
            Prefixes = { Prefixes },
            Endpoints = { endpoints.Endpoints },
            ListenPort = endpoints.ListenPort,
            AgentVersion = Version,
        };
    }
}
