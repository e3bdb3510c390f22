using System.Collections.Concurrent;
using Akka.Actor;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Messages;

namespace MeshActors.Cluster.Membership;

/// <summary>The members that are about to stop: nothing is given to them any more, and what they have moves away.</summary>
internal sealed class Departures
{
    private readonly ConcurrentDictionary<Address, bool> _members = [];

    public bool Contains(Address member) => _members.ContainsKey(member);

    internal void Add(Address member) => _members[member] = true;

    internal void Remove(Address member) => _members.TryRemove(member, out _);
}

/// <summary>Knows from each member that is about to stop that it is; and says so of its own process, until that ends.</summary>
internal sealed class DepartureNotes : ReceiveActor, IWithTimers
{
    public const string ActorName = "departures";

    /// <summary>Often, so that a coordinator that began just now soon knows.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Twelve notes that did not come: it is gone, and what comes to its address next may have all again.</summary>
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromSeconds(3);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);

    public DepartureNotes(Departures departures)
    {
        Receive<Departing>(_ =>
        {
            var member = Sender.Path.Address is { HasLocalScope: false } other ? other : _cluster.SelfAddress;
            departures.Add(member);
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

    public static Props Props(Departures departures) => Akka.Actor.Props.Create(() => new DepartureNotes(departures));

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
