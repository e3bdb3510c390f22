using Grpc.Core;
using Grpc.Net.Client;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Connection;

/// <summary>One controller, spoken to with one token.</summary>
internal sealed class Session : IDisposable
{
    /// <summary>Longer than a controller waits for its own journal, so that its reason arrives in place of a time-out.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    /// <summary>The list of an organization's 10,000 nodes with all their prefixes and warnings, and some room.</summary>
    private const int MessageBytesMax = 64 * 1024 * 1024;

    private readonly GrpcChannel _channel;
    private readonly Metadata _headers;
    private readonly TimeProvider _clock;

    public Session(Settings settings, TimeProvider clock)
    {
        Settings = settings;
        _clock = clock;
        _headers = new Metadata { { "authorization", $"Bearer {settings.Token.Reveal()}" } };
        _channel = GrpcChannel.ForAddress(settings.Server, new GrpcChannelOptions
        {
            HttpHandler = Transport.HandlerFor(settings),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MessageBytesMax,
        });
        Client = new Admin.AdminClient(_channel);
    }

    public Settings Settings { get; }

    public Admin.AdminClient Client { get; }

    public string Organization => Settings.Organization.Value;

    public CallOptions Call(CancellationToken cancellationToken) =>
        new(_headers, (_clock.GetUtcNow() + CallTimeout).UtcDateTime, cancellationToken);

    /// <summary>Without a deadline: keepalives find a broken connection.</summary>
    public CallOptions Stream(CancellationToken cancellationToken) => new(_headers, deadline: null, cancellationToken);

    public void Dispose() => _channel.Dispose();
}
