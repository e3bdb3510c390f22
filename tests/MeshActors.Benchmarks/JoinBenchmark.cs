using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Net.Client;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Trust;
using MeshActors.Domain.Trust;
using Proof = MeshActors.Contracts.Agent.V1.JoinProof;

namespace MeshActors.Benchmarks;

/// <summary>Machines that join for real, with key, proof and all, and then are silent.</summary>
internal static class JoinBenchmark
{
    private const int AtOnce = 50;

    public static async Task RunAsync(string url, int count)
    {
        var uri = new Uri(url);
        var key = uri.Fragment.TrimStart('#');
        if (!Bearer.TryParse(key, Bearer.JoinKeyKind, out var bearer) || bearer.Pin is null)
        {
            throw new FormatException("The file holds no join URL.");
        }

        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        handler.SslOptions.RemoteCertificateValidationCallback = PinnedTrust.ByPin(bearer.Pin);
        using var channel = GrpcChannel.ForAddress(uri.GetLeftPart(UriPartial.Authority), new GrpcChannelOptions { HttpHandler = handler });
        var gateway = new AgentGateway.AgentGatewayClient(channel);

        var latencies = new ConcurrentBag<double>();
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, token) =>
        {
            var started = clock.Elapsed;
            await JoinAsync(gateway, key, token);
            latencies.Add((clock.Elapsed - started).TotalMilliseconds);
        });

        var sorted = latencies.Order().ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count:N0} joins, {AtOnce} at once: {count / clock.Elapsed.TotalSeconds:N0}/s; latency p50 {sorted[count / 2]:N0} ms, p99 {sorted[(int)(count * 0.99)]:N0} ms"));
    }

    private static async Task JoinAsync(AgentGateway.AgentGatewayClient gateway, string key, CancellationToken token)
    {
        var privateKey = RandomNumberGenerator.GetBytes(PossessionProof.KeySizeBytes);
        var request = new JoinRequest
        {
            Protocol = 1,
            JoinKey = key,
            Name = "benchmark",
            PublicKey = ByteString.CopyFrom(PossessionProof.PublicKeyOf(privateKey)),
            CredentialHash = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(SecretHash.SizeBytes)),
        };
        using var call = gateway.Join(cancellationToken: token);
        await call.RequestStream.WriteAsync(new JoinStep { Request = request }, token);
        await call.ResponseStream.MoveNext(token);
        if (call.ResponseStream.Current.Challenge is { } challenge)
        {
            var proof = new Proof { Proof = ByteString.CopyFrom(PossessionProof.Answer(request, challenge, privateKey)) };
            await call.RequestStream.WriteAsync(new JoinStep { Proof = proof }, token);
            await call.ResponseStream.MoveNext(token);
        }

        if (call.ResponseStream.Current.Reply?.Joined is null)
        {
            throw new InvalidOperationException($"The join was refused: {call.ResponseStream.Current.Reply?.Refused}");
        }
    }
}
