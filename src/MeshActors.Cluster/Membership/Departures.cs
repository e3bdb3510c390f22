using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Messages;

namespace MeshActors.Cluster.Membership;

/// <summary>The members that are about to stop: nothing is given to them any more, and what they have moves away.</summary>
internal sealed class Departures
{
    private readonly ConcurrentDictionary<Address, long> _since = [];

    public bool Contains(Address member) => _since.ContainsKey(member);

    /// <summary>How long it has been known; zero when it stays.</summary>
    public TimeSpan KnownFor(Address member) => _since.TryGetValue(member, out var since) ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>False when it was known.</summary>
    internal bool Add(Address member) => _since.TryAdd(member, Stopwatch.GetTimestamp());

    internal void Remove(Address member) => _since.TryRemove(member, out _);
}

/// <summary>Knows from each member that is about to stop that it is; and says so of its own process, until that ends.</summary>
internal sealed class DepartureNotes : ReceiveActor, IWithTimers
{
    public const string ActorName = "departures";

    /// <summary>From the first note to the first move: those who stay rehearse, which takes most of a second at worst.</summary>
    public static readonly TimeSpan Preparation = TimeSpan.FromSeconds(1);

    /// <summary>Often, so that a coordinator that began just now soon knows.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Twelve notes that did not come: it is gone, and what comes to its address next may have all again.</summary>
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromSeconds(3);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);

    public DepartureNotes(Departures departures, Func<Task> rehearse)
    {
        Receive<Departing>(note =>
        {
            var member = Sender.Path.Address is { HasLocalScope: false } other ? other : _cluster.SelfAddress;
            if (departures.Add(member) && !member.Equals(_cluster.SelfAddress))
            {
                _ = rehearse();
            }

            Timers.StartSingleTimer(member, new Forgotten(member), ForgottenAfter);
        });
        Receive<Forgotten>(forgotten => departures.Remove(forgotten.Member));
        Receive<Depart>(depart =>
        {
            Tell();
            Timers.StartSingleTimer(depart, depart, Interval);
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(Departures departures, Func<Task> rehearse) => Akka.Actor.Props.Create(() => new DepartureNotes(departures, rehearse));

    private void Tell()
    {
        foreach (var member in _cluster.State.Members.Where(member => member.HasRole(ClusterRoles.Controller)))
        {
            Context.ActorSelection(new RootActorPath(member.Address) / "user" / ActorName).Tell(Departing.Instance, Self);
        }
    }

    private sealed record Forgotten(Address Member) : INotInfluenceReceiveTimeout;

    /// <summary>To the notes of one's own process.</summary>
    internal sealed record Depart
    {
        public static readonly Depart Instance = new();
    }
}
