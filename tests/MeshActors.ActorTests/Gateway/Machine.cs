using System.Net;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Contracts.Trust;
using MeshActors.Domain;
using MeshActors.Domain.Trust;

namespace MeshActors.ActorTests.Gateway;

/// <summary>An agent's side of the protocol, with a key and a credential of its own.</summary>
internal sealed class Machine(string name)
{
    private readonly byte[] _privateKey = RandomNumberGenerator.GetBytes(32);
    private readonly string _secret = System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public NodeId Id { get; private set; }

    public string Credential(string organization = "default") => $"mnc.{organization}.{Id}.{_secret}";

    public JoinRequest Request(string joinKey, params string[] prefixes) => new()
    {
        Protocol = 1,
        JoinKey = joinKey,
        Name = name,
        PublicKey = ByteString.CopyFrom(PossessionProof.PublicKeyOf(_privateKey)),
        CredentialHash = ByteString.CopyFrom(SecretHash.Of(_secret).ToBytes()),
        ListenPort = 51820,
        AgentVersion = "test",
        Prefixes = { prefixes },
        Endpoints = { new Endpoint { Kind = Endpoint.Types.Kind.Local, Address = ByteString.CopyFrom(IPAddress.Parse("192.0.2.7").GetAddressBytes()), Port = 51820 } },
    };

    public Task<JoinReply> JoinAsync(RunningController controller, params string[] prefixes) =>
        JoinAsync(controller, Request(controller.JoinKey.Reveal(), prefixes));

    public byte[] Answer(JoinRequest request, JoinChallenge challenge) => PossessionProof.Answer(request, challenge, _privateKey);

    /// <param name="answer">Null: the honest proof.</param>
    public async Task<JoinReply> JoinAsync(
        RunningController controller, JoinRequest request, Func<JoinRequest, JoinChallenge, byte[]>? answer = null)
    {
        using var call = controller.Agents.Join();
        await call.RequestStream.WriteAsync(new JoinStep { Request = request });
        Assert.True(await call.ResponseStream.MoveNext());
        if (call.ResponseStream.Current.Challenge is { } challenge)
        {
            var proof = (answer ?? Answer)(request, challenge);
            await call.RequestStream.WriteAsync(new JoinStep { Proof = new JoinProof { Proof = ByteString.CopyFrom(proof) } });
            Assert.True(await call.ResponseStream.MoveNext());
        }

        var reply = call.ResponseStream.Current.Reply;
        if (reply.Joined is { } joined)
        {
            Id = joined.NodeId.ToNodeId();
        }

        return reply;
    }

    /// <summary>The same over any transport.</summary>
    /// <param name="answer">Null: the honest proof.</param>
    public async Task<JoinReply> JoinAsync(IAgentTransport transport, JoinRequest request, Func<JoinRequest, JoinChallenge, byte[]>? answer = null)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var exchange = await transport.JoinAsync(late.Token);
        await exchange.SendAsync(new JoinStep { Request = request }, late.Token);
        var step = await exchange.ReceiveAsync(late.Token);
        if (step?.Challenge is { } challenge)
        {
            var proof = (answer ?? Answer)(request, challenge);
            await exchange.SendAsync(new JoinStep { Proof = new JoinProof { Proof = ByteString.CopyFrom(proof) } }, late.Token);
            step = await exchange.ReceiveAsync(late.Token);
        }

        var reply = Assert.IsType<JoinReply>(step?.Reply);
        if (reply.Joined is { } joined)
        {
            Id = joined.NodeId.ToNodeId();
        }

        return reply;
    }

    public Hello Hello(params string[] prefixes) => new()
    {
        Protocol = 1,
        Name = name,
        ListenPort = 51820,
        AgentVersion = "test",
        Prefixes = { prefixes },
        Endpoints = { Request("", prefixes).Endpoints },
    };

    public async Task<Stream> ConnectAsync(RunningController controller, Hello hello, string? credential = null)
    {
        var call = controller.Agents.Connect(RunningController.With(credential ?? Credential()));
        await call.RequestStream.WriteAsync(new AgentMessage { Hello = hello });
        return new Stream(call);
    }

    internal sealed class Stream(AsyncDuplexStreamingCall<AgentMessage, GatewayMessage> call) : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

        public Task SendAsync(AgentMessage message) => call.RequestStream.WriteAsync(message);

        public async Task<GatewayMessage> NextAsync()
        {
            using var late = new CancellationTokenSource(Patience);
            Assert.True(await call.ResponseStream.MoveNext(late.Token));
            return call.ResponseStream.Current;
        }

        /// <summary>The first message for which the predicate holds; what comes before it is passed over.</summary>
        public async Task<GatewayMessage> NextAsync(Func<GatewayMessage, bool> wanted)
        {
            while (true)
            {
                var message = await NextAsync();
                if (wanted(message))
                {
                    return message;
                }
            }
        }

        public async Task<bool> EndsAsync()
        {
            using var late = new CancellationTokenSource(Patience);
            return !await call.ResponseStream.MoveNext(late.Token);
        }

        public void Dispose() => call.Dispose();
    }
}
