using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using MeshActors.Benchmarks.Load.Http2;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Contracts.Trust;
using MeshActors.Domain;
using MeshActors.Domain.Trust;

namespace MeshActors.Benchmarks.Load.Agents;

/// <summary>
/// An agent without a kernel: Hello, the map and its changes, an acknowledgement of each; and it comes back as an agent
/// does. It costs no thread and no timer while nothing happens.
/// </summary>
internal sealed class SimulatedAgent(Fleet fleet, OrganizationUnderLoad organization, int number)
{
    private const string ConnectPath = "/meshactors.agent.v1.AgentGateway/Connect";
    private const uint ListenPort = 51820;

    // Tags of GatewayMessage's cases: length-delimited fields 1 to 5.
    private const byte Welcome = 0x0a;
    private const byte Chunk = 0x12;
    private const byte Delta = 0x1a;
    private const byte Packed = 0x2a;

    /// <summary>A stream that ended sooner was no success, as for the agent.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    private readonly Backoff _backoff = new();
    private readonly string _secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>As a machine has it before it joins; not kept longer, as there are many.</summary>
    private (byte[] Private, ByteString Public)? _key = NewKey();

    private volatile Stream? _stream;
    private volatile int _stays;
    private long _opened;
    private int _moves;
    private int _isCurrent;

    public OrganizationUnderLoad Organization => organization;

    public NodeId Node { get; private set; }

    public MapView View { get; private set; } = MapView.Empty;

    public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"agent{number}");

    public Link Link { get; set; } = null!;

    /// <summary>Connected, and has the map that the controller greeted it with, or a later one.</summary>
    public bool IsCurrent => Volatile.Read(ref _isCurrent) == 1;

    /// <summary>When it last became so.</summary>
    public long CurrentSince { get; private set; }

    public long WelcomedAt { get; private set; }

    /// <summary>All that it was sent, without HTTP/2 and TLS.</summary>
    public long MessageBytes { get; private set; }

    public ValueList<string> Prefixes { get; set; } = [];

    public JoinRequest JoinRequest() => new()
    {
        Protocol = 1,
        JoinKey = organization.JoinKey,
        Name = Name,
        PublicKey = _key!.Value.Public,
        CredentialHash = ByteString.CopyFrom(SecretHash.Of(_secret).ToBytes()),
        ListenPort = ListenPort,
        AgentVersion = "load",
        Endpoints = { Endpoint() },
    };

    /// <exception cref="InvalidOperationException">It was refused.</exception>
    public async Task JoinAsync(IAgentTransport transport, JoinRequest request, CancellationToken stop)
    {
        var waits = new Backoff();
        while (true)
        {
            try
            {
                if (await JoinHandshake.RunAsync(transport, request, _key!.Value.Private, stop).ConfigureAwait(false) is { } joined)
                {
                    Node = joined.NodeId.ToNodeId();
                    _key = null;
                    return;
                }
            }
            catch (ControllerUnreachableException)
            {
                // As an agent: again.
            }

            fleet.JoinRepeated();
            await Task.Delay(waits.Next(), stop).ConfigureAwait(false);
        }
    }

    /// <summary>As an agent that was here before and has this in its cache.</summary>
    public void Remember(MapView view) => View = view;

    public Bearer Credential => new(Bearer.CredentialKind, organization.Name, Node.ToString(), _secret, null);

    public Task ConnectAsync() => ConnectAsync(_stays);

    /// <summary>Ends the stream and does not come back.</summary>
    public void Leave()
    {
        var stream = _stream;
        _stays++;
        _stream = null;
        SetCurrent(false);
        stream?.Cancel();
    }

    /// <summary>Tells of another endpoint, as when a machine moves.</summary>
    public void Move()
    {
        _moves++;
        organization.Asked(Node, Stopwatch.GetTimestamp());
        _stream?.Send(new AgentMessage { Endpoints = new EndpointsReport { Endpoints = { Endpoint() }, ListenPort = ListenPort } }.ToByteArray());
    }

    public void Hold() => _stream?.Hold();

    public void Release() => _stream?.Release();

    public Hello Hello() => new()
    {
        Protocol = 1,
        Name = Name,
        ListenPort = ListenPort,
        AgentVersion = "load",
        Prefixes = { Prefixes },
        Endpoints = { Endpoint() },
        HaveRevision = View.Map.Revision,
        HaveDigest = AgentMapping.DigestToWire(View.Map.Digest),
        Accepts = { Packing.Brotli },
    };

    private Endpoint Endpoint() => new()
    {
        Kind = Contracts.Agent.V1.Endpoint.Types.Kind.Local,
        Address = ByteString.CopyFrom(192, 168, (byte)(number >> 8), (byte)number),
        Port = (uint)(1024 + (_moves % 60_000)),
    };

    /// <param name="stay">An agent that has left meanwhile does not connect.</param>
    private async Task ConnectAsync(int stay)
    {
        try
        {
            var connection = await Link.OpenAsync(fleet.Stopping).ConfigureAwait(false);
            var stream = new Stream(this);
            if (stay == _stays)
            {
                _opened = Stopwatch.GetTimestamp();
                _stream = stream;
                connection.Open(stream, ConnectPath, $"Bearer {Credential.Reveal()}", new AgentMessage { Hello = Hello() }.ToByteArray());
            }
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            _stream = null;
            _ = ComeBackAsync(stay);
        }
    }

    private void Take(Stream stream, ReadOnlySpan<byte> message)
    {
        if (_stream != stream)
        {
            return;
        }

        MessageBytes += message.Length;
        fleet.Received(message.Length);
        switch (message[0])
        {
            case Delta or Chunk or Packed:
                TakeMap(stream, message);
                break;
            case Welcome:
                WelcomedAt = GatewayMessage.Parser.ParseFrom(message).Welcome.Revision;
                if (View.Map.Revision >= WelcomedAt && View.Pieces.IsEmpty)
                {
                    SetCurrent(true);
                }

                break;
            default:
                if (GatewayMessage.Parser.ParseFrom(message).GoAway is { } goAway)
                {
                    fleet.SentAway(this, goAway);
                }

                break;
        }
    }

    private void TakeMap(Stream stream, ReadOnlySpan<byte> message)
    {
        try
        {
            var before = View;
            var step = organization.Take(before, message);
            View = step.After;
            if (!step.After.Pieces.IsEmpty)
            {
                return;
            }

            stream.Send(step.After.Acknowledgement);
            fleet.Applied(step, isWhole: message[0] != Delta);
            if (organization.Wave is { } wave && before.Map.Revision < wave.Revision && View.Map.Revision >= wave.Revision)
            {
                wave.Arrive(Stopwatch.GetTimestamp());
            }

            if (View.Map.Revision >= WelcomedAt)
            {
                SetCurrent(true);
            }
        }
        catch (Exception fault) when (fault is MapMismatchException or FormatException or InvalidProtocolBufferException)
        {
            fleet.Fault($"{Name} of {organization.Name}: {fault.Message}");
            View = MapView.Empty;
            stream.Cancel();
        }
    }

    private void Ended(Stream stream, string reason)
    {
        if (_stream != stream)
        {
            return;
        }

        _stream = null;
        SetCurrent(false);
        fleet.Ended(reason);
        if (Stopwatch.GetElapsedTime(_opened) > StableAfter)
        {
            _backoff.Reset();
        }

        _ = ComeBackAsync(_stays);
    }

    private async Task ComeBackAsync(int stay)
    {
        await Task.Delay(_backoff.Next(), fleet.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stay == _stays && !fleet.Stopping.IsCancellationRequested)
        {
            await ConnectAsync(stay).ConfigureAwait(false);
        }
    }

    private void SetCurrent(bool isCurrent)
    {
        if (isCurrent && !IsCurrent)
        {
            CurrentSince = Stopwatch.GetTimestamp();
        }

        if (Interlocked.Exchange(ref _isCurrent, isCurrent ? 1 : 0) != (isCurrent ? 1 : 0))
        {
            fleet.CurrentChanged(isCurrent);
        }
    }

    private static (byte[] Private, ByteString Public) NewKey()
    {
        var key = RandomNumberGenerator.GetBytes(PossessionProof.KeySizeBytes);
        return (key, ByteString.CopyFrom(PossessionProof.PublicKeyOf(key)));
    }

    private sealed class Stream(SimulatedAgent agent) : HttpStream
    {
        protected override void OnMessage(ReadOnlySpan<byte> message) => agent.Take(this, message);

        protected override void OnEnd(string reason) => agent.Ended(this, reason);
    }
}
