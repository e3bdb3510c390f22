using Grpc.Core;
using MeshActors.Domain;
using Microsoft.Extensions.Logging;
using Client = MeshActors.Contracts.Region.V1.RegionLink.RegionLinkClient;

namespace MeshActors.Cluster.Regions;

/// <summary>The gateways of another region: the one that is used now, and whether it answers. For any thread.</summary>
internal sealed partial class RegionPeer(PeerRegion region, RegionName own, IRegionChannels channels, TimeProvider time, ILogger logger)
{
    /// <summary>After a failed call, others are spared their own: a lost region costs a few calls a second, whoever asks.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    private readonly Client?[] _clients = new Client?[region.Gateways.Count];
    private readonly Lock _gate = new();
    private int _current;
    private long _failedAt;
    private bool _isResting;
    private bool _isLost;
    private string _sentence = "";

    public RegionName Name => region.Name;

    /// <summary>Calls have failed, and none has been answered since.</summary>
    public bool IsLost
    {
        get
        {
            lock (_gate)
            {
                return _isLost;
            }
        }
    }

    public Metadata Headers => new() { { LinkProtocol.RegionHeader, region.Name.Value }, { LinkProtocol.CallerHeader, own.Value } };

    /// <summary>The gateway to call; null while all of them rest after a failure, with the sentence that says why.</summary>
    public Gateway? Find(out string sentence)
    {
        lock (_gate)
        {
            sentence = _sentence;
            if (_isResting && time.GetElapsedTime(_failedAt) < Rest)
            {
                return null;
            }

            _clients[_current] ??= new Client(channels.Open(region.Gateways[_current]));
            return new Gateway(_current, _clients[_current]!);
        }
    }

    public void Answered()
    {
        bool isNews;
        lock (_gate)
        {
            isNews = _isLost;
            _isResting = _isLost = false;
        }

        if (isNews)
        {
            Back(region.Name);
        }
    }

    /// <summary>The next one is called from now on.</summary>
    /// <returns>The sentence for those who asked.</returns>
    public string Failed(Gateway gateway, string why)
    {
        bool isNews;
        string sentence;
        lock (_gate)
        {
            sentence = _sentence = $"Region '{region.Name}' does not answer ({region.Gateways[gateway.Index].Authority}: {why.TrimEnd('.')}). "
                + "What its organizations have goes on working; changes to them wait. Try again.";
            if (gateway.Index == _current)
            {
                _current = (_current + 1) % region.Gateways.Count;
                // The others are tried at once; a rest follows when the turn is over.
                _isResting = _current == 0;
                _failedAt = time.GetTimestamp();
            }

            isNews = !_isLost && _isResting;
            _isLost |= _isResting;
        }

        if (isNews)
        {
            Lost(sentence);
        }

        return sentence;
    }

    public static string Explain(Exception fault) => fault switch
    {
        RpcException { StatusCode: StatusCode.DeadlineExceeded } => $"no answer within {LinkProtocol.CallMax.TotalSeconds:0.#} s",
        RpcException rpc => rpc.Status.Detail,
        _ => fault.Message,
    };

    [LoggerMessage(EventId = 1201, Level = LogLevel.Warning, Message = "{Sentence}")]
    private partial void Lost(string sentence);

    [LoggerMessage(EventId = 1202, Level = LogLevel.Information, Message = "Region '{Region}' answers again.")]
    private partial void Back(RegionName region);

    internal sealed record Gateway(int Index, Client Client);
}
