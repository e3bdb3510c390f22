using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Grpc.Core;
using MeshActors.Contracts.Trust;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshActors.Benchmarks.Load.Ceilings;

/// <summary>
/// A process that only fans out: Kestrel and TLS as the controller has them, a channel for each stream, bytes that were
/// encoded before. What a mesh costs is measured against it. It ends when its input does.
/// </summary>
internal static class BareGateway
{
    public const string Verb = "bare-gateway";
    public const string ConnectPath = "/bare.Gateway/Connect";

    /// <summary>As in the controller's listener.</summary>
    private const int StreamsPerConnectionMax = 20_000;
    private const int StreamWindowBytes = 128 * 1024;
    private const int ConnectionWindowBytes = 1024 * 1024;

    /// <summary>Messages that wait for a stream: more than a measurement has under way.</summary>
    private const int QueueMax = 1024;

    private static readonly List<ChannelWriter<byte[]>> Streams = [];

    public static async Task<int> RunAsync()
    {
        using var certificate = Certificate();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnectionMax;
            kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
            kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(certificate);
            });
        });
        var app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            app.UseRouting();
            app.MapGrpcService<BareService>();
            await app.StartAsync().ConfigureAwait(false);
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            await Console.Out.WriteLineAsync($"{new Uri(address).Port} {PinnedTrust.PinOf(certificate)}").ConfigureAwait(false);
            // Each line is how often, and what.
            while (await Console.In.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                var words = line.Split(' ');
                Send(int.Parse(words[0], CultureInfo.InvariantCulture), Convert.FromBase64String(words[1]));
            }

            await app.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        }

        return 0;
    }

    private static void Send(int times, byte[] message)
    {
        for (var time = 0; time < times; time++)
        {
            lock (Streams)
            {
                foreach (var stream in Streams)
                {
                    stream.TryWrite(message);
                }
            }
        }
    }

    /// <summary>Of the controller's kind of key.</summary>
    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=bare gateway", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    /// <summary>One method, bound by hand so that bytes go out as they are.</summary>
    [BindServiceMethod(typeof(BareServiceBase), nameof(Bind))]
    private abstract class BareServiceBase
    {
        private static readonly Marshaller<byte[]> AsIs = Marshallers.Create<byte[]>(
            (message, context) =>
            {
                context.SetPayloadLength(message.Length);
                context.GetBufferWriter().Write(message);
                context.Complete();
            },
            context => context.PayloadAsNewBuffer());

        public static void Bind(ServiceBinderBase binder, BareServiceBase? service) => binder.AddMethod(
            new Method<byte[], byte[]>(MethodType.DuplexStreaming, "bare.Gateway", nameof(Connect), AsIs, AsIs),
            service is null ? null : new DuplexStreamingServerMethod<byte[], byte[]>(service.Connect));

        public abstract Task Connect(IAsyncStreamReader<byte[]> requests, IServerStreamWriter<byte[]> replies, ServerCallContext context);
    }

    private sealed class BareService : BareServiceBase
    {
        private static readonly WriteOptions MoreToCome = new(WriteFlags.BufferHint);

        public override async Task Connect(IAsyncStreamReader<byte[]> requests, IServerStreamWriter<byte[]> replies, ServerCallContext context)
        {
            var queue = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(QueueMax) { SingleReader = true });
            lock (Streams)
            {
                Streams.Add(queue);
            }

            // What agents acknowledge is read, as a gateway reads it.
            var reading = ReadAsync(requests);
            await replies.WriteAsync([0]).ConfigureAwait(false);
            while (await queue.Reader.WaitToReadAsync(context.CancellationToken).ConfigureAwait(false))
            {
                while (queue.Reader.TryRead(out var message))
                {
                    replies.WriteOptions = queue.Reader.TryPeek(out _) ? MoreToCome : null;
                    await replies.WriteAsync(message).ConfigureAwait(false);
                }
            }

            await reading.ConfigureAwait(false);
        }

        private static async Task ReadAsync(IAsyncStreamReader<byte[]> requests)
        {
            while (await requests.MoveNext(CancellationToken.None).ConfigureAwait(false))
            {
            }
        }
    }
}
