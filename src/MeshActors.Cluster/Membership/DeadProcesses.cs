using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace MeshActors.Cluster.Membership;

/// <summary>
/// Spares organizations the resolver's wait when a process died and its machine did not: it is silent, and its machine
/// says that nobody listens at its address. A machine that died or is cut off says nothing; that is left to the resolver.
/// </summary>
internal sealed class DeadProcesses : ReceiveActor
{
    /// <summary>In a row: one alone may come from a packet that was on its way to a predecessor.</summary>
    private const int RefusalsMin = 2;

    /// <summary>Two seconds of refusals, twelve of silence, twenty of being let in: the resolver has decided by then.</summary>
    private const int KnocksMax = 20;

    private static readonly TimeSpan KnockInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>After one that was let in: somebody lives, and logs each such connection as a failed handshake.</summary>
    private static readonly TimeSpan WelcomeInterval = TimeSpan.FromSeconds(1);

    /// <summary>A machine that lives refuses within a round trip, 0.3 s to the other end of the world.</summary>
    private static readonly TimeSpan KnockMax = TimeSpan.FromMilliseconds(500);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();

    public DeadProcesses()
    {
        Receive<ClusterEvent.UnreachableMember>(message => _ = ExamineAsync(message.Member));
    }

    public static Props Props() => Akka.Actor.Props.Create(() => new DeadProcesses());

    protected override void PreStart() =>
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.UnreachableMember));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private async Task ExamineAsync(Member member)
    {
        var (knocks, refusals) = (0, 0);
        do
        {
            var answer = await KnockAsync(member.Address).ConfigureAwait(false);
            refusals = answer == SocketError.ConnectionRefused ? refusals + 1 : 0;
            // A firewall that refuses in others' stead must not make this process think that it is the last one.
            if (refusals >= RefusalsMin && Reach.Of(_cluster.State).IsMajority)
            {
                _log.Warning("Nothing listens at {0} any more: its process is dead, and its organizations go to others now.", member.Address);
                _cluster.Down(member.Address);
                return;
            }

            // After the first one, too: what this actor was told is in the cluster's state a moment later.
            await Task.Delay(answer == SocketError.Success ? WelcomeInterval : KnockInterval).ConfigureAwait(false);
        }
        while (++knocks < KnocksMax && !_cluster.IsTerminated && IsUnreachable(member));
    }

    // The same incarnation: another may have come to its address.
    private bool IsUnreachable(Member member) => _cluster.State.Unreachable.Any(
        other => other.UniqueAddress.Equals(member.UniqueAddress) && other.Status is not (MemberStatus.Down or MemberStatus.Removed));

    private static async Task<SocketError> KnockAsync(Address address)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var late = new CancellationTokenSource(KnockMax);
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(address.Host, address.Port!.Value), late.Token).ConfigureAwait(false);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
        catch (OperationCanceledException)
        {
            return SocketError.TimedOut;
        }
    }
}
