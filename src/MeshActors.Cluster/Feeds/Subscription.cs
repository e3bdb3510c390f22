using Akka.Actor;
using MeshActors.Cluster.Messages;
using MeshActors.Domain;

namespace MeshActors.Cluster.Feeds;

/// <summary>A feed's questions to its entity: one at a time, again when none is answered, and now and then anyway.</summary>
internal sealed class Subscription(OrganizationId organization, IActorRef organizations, TimeProvider time)
{
    /// <summary>A question or its answer was lost: an entity that moves drops some.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(2);

    /// <summary>An entity that restarted has forgotten its feeds: the longest that a feed then hears nothing.</summary>
    public static readonly TimeSpan RenewAfter = TimeSpan.FromSeconds(5);

    private long _askedAt;

    /// <summary>Of the last question.</summary>
    public long Number { get; private set; }

    /// <summary>Of the newest question that has an answer.</summary>
    public long Answered { get; private set; }

    public void Heard(long number) => Answered = Math.Max(Answered, number);

    public void Ask(IActorRef feed, long have)
    {
        Number++;
        _askedAt = time.GetTimestamp();
        organizations.Tell(new Subscribe(organization, have, Number), feed);
    }

    /// <summary>The first question, if nothing has led to it yet.</summary>
    public void Begin(IActorRef feed, long have)
    {
        if (Number == 0)
        {
            Ask(feed, have);
        }
    }

    public void AskIfIdle(IActorRef feed, long have)
    {
        if (Answered == Number)
        {
            Ask(feed, have);
        }
    }

    /// <remarks>The first question has its own moment: see <see cref="Beginnings"/>.</remarks>
    public void Renew(IActorRef feed, long have)
    {
        if (Number > 0 && time.GetElapsedTime(_askedAt) > (Answered == Number ? RenewAfter : AnswerMax))
        {
            Ask(feed, have);
        }
    }
}
