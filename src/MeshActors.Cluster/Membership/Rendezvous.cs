using System.Data.Common;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using MeshActors.Cluster.Storage;

namespace MeshActors.Cluster.Membership;

/// <summary>
/// How the processes of a cluster find each other with nothing said: in the database that they share. The first of all
/// founds the cluster, the others join whoever lives. A member that is merely out of reach still renews its row, so a
/// process that starts on the wrong side of a partition waits and founds no second cluster, as a first seed node would.
/// Where seeds are named Akka joins those, and the table only tells agents of the other gateways.
/// </summary>
internal sealed class Rendezvous
{
    private static readonly TimeSpan SeekInterval = TimeSpan.FromSeconds(1);

    /// <summary>Five of them fit into the time after which a row counts as a dead process's.</summary>
    private static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(3);

    /// <summary>A row that is younger was renewed since the last look.</summary>
    private static readonly TimeSpan LivingMax = RenewInterval + TimeSpan.FromSeconds(1);

    /// <summary>For two renewals: rows are old, too, when the database itself was away and has just come back.</summary>
    private static readonly TimeSpan SettleTime = RenewInterval * 2;

    /// <summary>A join that hangs is begun anew: the process it was sent to may have died in the middle.</summary>
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A process that is not taken in by living members in this time ends, and its supervisor starts another: its
    /// predecessor at the same address may just have been shut out while this one came, and members that have mixed up the
    /// two in their remoting listen to neither. A failure that a cluster gets over by itself takes half as long.
    /// </summary>
    private static readonly TimeSpan JoinMax = TimeSpan.FromSeconds(30);

    private const string OwnCluster = "own";

    private readonly ActorSystem _system;
    private readonly Akka.Cluster.Cluster _cluster;
    private readonly Twins? _twins;
    private readonly MemberTable _table;
    private readonly TimeProvider _time;
    private readonly ILoggingAdapter _log;
    private readonly CancellationToken _leaving;
    private readonly GatewayUrls _gateways;
    private readonly bool _hasSeeds;
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _tried = "";
    private long _triedAt;
    private long? _silentSince;
    private long? _knocksSince;

    private Rendezvous(
        ActorSystem system, PostgresDatabase database, GatewayUrls gateways, TimeProvider time, Twins? twins, CancellationToken leaving)
    {
        _twins = twins;
        _system = system;
        _leaving = leaving;
        _gateways = gateways;
        _cluster = Akka.Cluster.Cluster.Get(system);
        _time = time;
        _log = Logging.GetLogger(system, typeof(Rendezvous));
        _table = new MemberTable(database, _cluster.SelfAddress.ToString(), gateways.Own, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        _cluster.RegisterOnMemberUp(_up.SetResult);
        _hasSeeds = !_cluster.Settings.SeedNodes.IsEmpty;
    }

    /// <summary>Runs until the process leaves its cluster, and takes its row away then.</summary>
    /// <param name="twins">Null where two clusters may live on one database: in tests of what happens then.</param>
    public static void Start(ActorSystem system, PostgresDatabase database, GatewayUrls gateways, TimeProvider time, Twins? twins)
    {
        var leaving = new CancellationTokenSource();
        var rendezvous = new Rendezvous(system, database, gateways, time, twins, leaving.Token);
        var running = rendezvous.RunAsync();
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseClusterLeave, "leave-member-table", async () =>
        {
            await leaving.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
            return Akka.Done.Instance;
        });
        system.WhenTerminated.ContinueWith(_ => leaving.Cancel(), TaskScheduler.Default);
    }

    private async Task RunAsync()
    {
        var faults = 0;
        while (!_leaving.IsCancellationRequested)
        {
            try
            {
                await (_up.Task.IsCompleted ? RenewAsync() : _hasSeeds ? Task.CompletedTask : SeekAsync()).ConfigureAwait(false);
                faults = 0;
            }
            catch (Exception fault) when (fault is DbException or TimeoutException or IOException)
            {
                _silentSince = null;
                if (++faults == 1)
                {
                    _log.Warning("The table of cluster members does not answer; tried again until it does: {0}", fault.Message);
                }
            }
            catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
            {
                break;
            }

            await Task.Delay(_up.Task.IsCompleted ? RenewInterval : SeekInterval, _time, _leaving)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await LeaveAsync().ConfigureAwait(false);
    }

    private async Task RenewAsync()
    {
        await _table.AnnounceAsync(isMember: true, _leaving).ConfigureAwait(false);
        var others = await _table.OthersAsync(_leaving).ConfigureAwait(false);
        _gateways.Show(others.Where(other => other.IsFresh).Select(other => other.GatewayUrl).OfType<string>());
        GiveWay(others.Where(other => other.Silence < LivingMax).Select(other => other.Address));
    }

    // As a process that its resolver ends: its supervisor starts a clean one, which joins the others.
    private void GiveWay(IEnumerable<string> living)
    {
        var state = _cluster.State;
        var known = state.Members.Select(member => member.Address.ToString()).Append(_cluster.SelfAddress.ToString()).ToHashSet();
        var reached = known.Except(state.Unreachable.Select(member => member.Address.ToString())).ToList();
        if (_twins?.FindWinners(known, reached, living) is { Count: > 0 } winners && !_leaving.IsCancellationRequested)
        {
            _log.Warning("Another cluster of {0} processes lives on the same database ({1}): this one, of {2}, was taken for dead and gives way. This process ends; start it again.",
                winners.Count, string.Join(", ", winners), reached.Count);
            _cluster.Down(_cluster.SelfAddress);
        }
    }

    private async Task SeekAsync()
    {
        if (_tried != OwnCluster)
        {
            await _table.AnnounceAsync(isMember: false, _leaving).ConfigureAwait(false);
        }

        var others = await _table.OthersAsync(_leaving).ConfigureAwait(false);
        var living = others.Where(other => other.IsFresh).Select(other => other.Address).ToList();
        if (living.Count > 0)
        {
            _silentSince = null;
            if (!IsShutOut(living))
            {
                Join(living);
            }
        }
        else if (HearsNobody(others.Count) && await _table.TryFoundAsync(_leaving).ConfigureAwait(false))
        {
            _log.Info("No other process of this cluster lives: {0} begins it.", _cluster.SelfAddress);
            _tried = OwnCluster;
            _cluster.Join(_cluster.SelfAddress);
        }
    }

    private bool IsShutOut(List<string> living)
    {
        _knocksSince ??= _time.GetTimestamp();
        var isShutOut = _tried != OwnCluster && _time.GetElapsedTime(_knocksSince.Value) > JoinMax;
        if (isShutOut)
        {
            _log.Warning("The cluster of {0} has not taken this process in for {1} s: it ends; start it again.", string.Join(", ", living), JoinMax.TotalSeconds);
            CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClusterJoinUnsuccessfulReason.Instance);
        }

        return isShutOut;
    }

    /// <summary>True at once where nobody ever was or all have left; else only after a while in which nobody stirred.</summary>
    private bool HearsNobody(int claims)
    {
        _knocksSince = null;
        _silentSince ??= _time.GetTimestamp();
        return _tried != OwnCluster && (claims == 0 || _time.GetElapsedTime(_silentSince.Value) >= SettleTime);
    }

    private void Join(List<string> living)
    {
        var names = string.Join(", ", living);
        if (_tried == OwnCluster || (_tried == names && _time.GetElapsedTime(_triedAt) < JoinPatience))
        {
            return;
        }

        _log.Info("Joins the cluster of {0}.", names);
        (_tried, _triedAt) = (names, _time.GetTimestamp());
        _cluster.JoinSeedNodes(living.Select(Address.Parse));
    }

    private async Task LeaveAsync()
    {
        try
        {
            using var late = new CancellationTokenSource(RenewInterval, _time);
            await _table.LeaveAsync(late.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is DbException or TimeoutException or IOException or OperationCanceledException)
        {
            _log.Info("The row in the table of cluster members stays, and is stale in {0} s: {1}", MemberTable.FreshSeconds, fault.Message);
        }
    }
}
