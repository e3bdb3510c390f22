using System.Collections.Immutable;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.Simulation;

/// <summary>Each breaks one promise. A simulation that misses one would prove nothing of the real thing.</summary>
internal static class Mutants
{
    public static readonly ImmutableSortedDictionary<string, Behaviour> All = new Dictionary<string, Behaviour>
    {
        ["answers before it stores"] = new OtherOrder(StoreOrder.AnswerThenStore),
        ["publishes before it stores"] = new OtherOrder(StoreOrder.PublishThenStore),
        ["refuses before it stores what the refusal rests on"] = new OtherOrder(StoreOrder.RefuseThenStore),
        ["says that it is so before it is stored"] = new OtherOrder(StoreOrder.RepeatThenStore),
        ["decides as if nothing were on its way to the journal"] = new OtherOrder(StoreOrder.DecideOnStored),
        ["loses a part of a batch"] = new LosesPart(),
        ["has no fence in the journal"] = new Unfenced(),
        ["drops a delta"] = new DropsDelta(),
        ["overlooks a gap"] = new OverlooksGap(),
        ["gives away what a removed node held"] = new Reassigns(),
        ["forgets that a join is a repeat"] = new ForgetsRepeat(),
        ["sends whole maps to who has one"] = new SendsWholeMaps(),
        ["takes what another node holds"] = new OverlooksHolder(),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private sealed class OtherOrder(StoreOrder order) : Behaviour
    {
        public override StoreOrder Order { get; } = order;
    }

    private sealed class Unfenced : Behaviour
    {
        public override bool IsFenced => false;
    }

    private sealed class LosesPart : Behaviour
    {
        public override int Stored(int batch) => batch > 3 ? batch - 1 : batch;
    }

    private sealed class DropsDelta : Behaviour
    {
        public override MapDelta? Delta(MeshMap from, MeshMap to, IEnumerable<NodeId> touched) =>
            to.Revision % 7 == 0 ? null : base.Delta(from, to, touched);
    }

    private sealed class OverlooksGap : Behaviour
    {
        public override bool Follows(long revision, long first) => first > revision;
    }

    private sealed class SendsWholeMaps : Behaviour
    {
        public override long Resume(long have, bool isKnown) => -1;
    }

    private sealed class Reassigns : Behaviour
    {
        public override OrganizationState Evolve(OrganizationState state, OrganizationEvent @event)
        {
            var after = base.Evolve(state, @event);
            return @event is OrganizationEvent.NodeRemoved removed ? Without(after, removed.Node) : after;
        }

        private static OrganizationState Without(OrganizationState state, NodeId node) => OrganizationState.Restore(
            state.Id,
            state.Plan.Pools,
            [.. state.Nodes.Values.Select(n => n.Id == node ? n with { Addresses = [], Allocated = [] } : n)],
            state.NodesByKey,
            state.JoinKeys.Values,
            state.Tokens.Values);
    }

    private sealed class ForgetsRepeat : Behaviour
    {
        public override Decision<OrganizationEvent> Decide(OrganizationState state, OrganizationCommand command, DateTimeOffset now) =>
            base.Decide(command is OrganizationCommand.Join join ? state with { NodesByKey = state.NodesByKey.Remove(join.Key) } : state, command, now);
    }

    private sealed class OverlooksHolder : Behaviour
    {
        public override Decision<OrganizationEvent> Decide(OrganizationState state, OrganizationCommand command, DateTimeOffset now) =>
            base.Decide(command is OrganizationCommand.Announce announce ? Alone(state, announce.Node) : state, command, now);

        private static OrganizationState Alone(OrganizationState state, NodeId node) => OrganizationState.Restore(
            state.Id, state.Plan.Pools, [.. state.Nodes.Values.Where(n => n.Id == node)], state.NodesByKey, state.JoinKeys.Values, state.Tokens.Values);
    }
}
