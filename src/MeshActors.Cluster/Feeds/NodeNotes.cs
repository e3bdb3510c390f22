using Akka.Actor;
using MeshActors.Cluster.Messages;

namespace MeshActors.Cluster.Feeds;

/// <summary>
/// Passes on what was seen of machines, slowly when there is much: waking a machine's entity costs some milliseconds of
/// the processor and the database, and after a restart all machines connect at once.
/// </summary>
internal sealed class NodeNotes : ReceiveActor, IWithTimers
{
    /// <summary>In each interval: 100 a second, a fifth of what the journal recovers.</summary>
    private const int NotesPerInterval = 20;

    /// <summary>Two for each agent of the largest organization. Then the oldest go: they tell what was, and nothing depends on them.</summary>
    private const int QueueMax = 20_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Queue<NodeSeen> _queue = new();
    private readonly IActorRef _nodes;
    private int _left = NotesPerInterval;

    public NodeNotes(IActorRef nodes)
    {
        _nodes = nodes;
        Receive<NodeSeen>(Take);
        Receive<Tick>(_ => PassOn());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IActorRef nodes) => Akka.Actor.Props.Create(() => new NodeNotes(nodes));

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, Interval);

    private void Take(NodeSeen note)
    {
        if (_left > 0 && _queue.Count == 0)
        {
            _left--;
            _nodes.Tell(note);
            return;
        }

        if (_queue.Count == QueueMax)
        {
            _queue.Dequeue();
        }

        _queue.Enqueue(note);
    }

    private void PassOn()
    {
        _left = NotesPerInterval;
        while (_left > 0 && _queue.TryDequeue(out var note))
        {
            _left--;
            _nodes.Tell(note);
        }
    }

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
