using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.Simulation;

internal enum StoreOrder
{
    StoreThenTell = 0,
    AnswerThenStore = 1,
    PublishThenStore = 2,

    /// <summary>Of what is refused for something that is on its way to the journal.</summary>
    RefuseThenStore = 3,

    /// <summary>Of what is already so by something that is on its way to the journal.</summary>
    RepeatThenStore = 4,

    /// <summary>As if nothing were on its way to the journal.</summary>
    DecideOnStored = 5,
}

/// <summary>The places where a promise is kept. A mutant overrides one of them, and must be caught.</summary>
internal class Behaviour
{
    public static readonly Behaviour Real = new();

    public virtual StoreOrder Order => StoreOrder.StoreThenTell;

    /// <summary>The journal's unique (id, sequence number).</summary>
    public virtual bool IsFenced => true;

    /// <summary>How many entries of a batch of that many the journal has after it said that it has them.</summary>
    public virtual int Stored(int batch) => batch;

    public virtual Decision<OrganizationEvent> Decide(OrganizationState state, OrganizationCommand command, DateTimeOffset now) =>
        Organization.Decide(state, command, now);

    public virtual OrganizationState Evolve(OrganizationState state, OrganizationEvent @event) => Organization.Evolve(state, @event);

    /// <summary>A feed at that revision may take entries of which this is the first.</summary>
    public virtual bool Follows(long revision, long first) => first == revision + 1;

    /// <summary>A stream's place at its start: what the agent has, if the feed can lead on from it, else -1.</summary>
    public virtual long Resume(long have, bool isKnown) => isKnown ? have : -1;

    /// <summary>Null: the stream moves on and says nothing.</summary>
    public virtual MapDelta? Delta(MeshMap from, MeshMap to, IEnumerable<NodeId> touched) => from.DeltaTo(to, touched);
}
