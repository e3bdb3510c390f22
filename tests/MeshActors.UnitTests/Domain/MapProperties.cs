using CsCheck;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;
using static MeshActors.UnitTests.Domain.Given;

namespace MeshActors.UnitTests.Domain;

/// <summary>Random lives of an organization: what every event does to the map, the deltas and the stored bytes.</summary>
public sealed class MapProperties
{
    private static readonly Gen<OrganizationCommand> AnyCommand = Gen.OneOf(
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 7].Array[0, 3], (machine, nets) => (OrganizationCommand)Join(machine, Nets(nets))),
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 7].Array[0, 3], (machine, nets) => (OrganizationCommand)Announce(machine, Nets(nets))),
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 9], (machine, host) =>
            (OrganizationCommand)new OrganizationCommand.ReportEndpoints(Id(machine), [Local($"198.51.100.{host}")])),
        Gen.Int[1, 6].Select(machine => (OrganizationCommand)new OrganizationCommand.RemoveNode(Id(machine))),
        Gen.Int[1, 6].Select(machine => (OrganizationCommand)new OrganizationCommand.CreateJoinKey(
            new JoinKey($"r{machine}", Hash($"r{machine}"), Reusable: true, null, Id(machine), "again"))),
        Gen.Select(Gen.Int[1, 6], Gen.Int[7, 9], (machine, newcomer) => (OrganizationCommand)JoinInPlaceOf(machine, newcomer)));

    [Fact]
    public void The_map_follows_its_events_one_by_one_and_in_any_batches() =>
        Gen.Select(AnyCommand.Array[0, 40], Gen.Int[1, 7]).Sample((commands, batch) =>
        {
            var (state, events) = Run(commands);
            var replayed = OrganizationState.Initial;
            var map = MeshMap.Empty;
            var told = MeshMap.Empty;
            var touched = new List<NodeId>();
            for (var i = 0; i < events.Count; i++)
            {
                replayed = MeshActors.Domain.Organizations.Organization.Evolve(replayed, events[i]);
                map = map.After(events[i], replayed, i + 1);
                touched.AddRange(MeshMap.Subject(events[i]) is { } id ? [id] : []);
                if (i % batch == 0 || i == events.Count - 1)
                {
                    var delta = told.DeltaTo(map, touched).ToWire().ToDomain();
                    touched.Clear();
                    told = told.Apply(delta)!;
                    Assert.NotNull(told);
                }
            }

            Assert.Equal(MeshMap.Of(state, events.Count).Digest, told.Digest);
            Assert.Equal(MeshMap.Of(state, events.Count).Nodes.AsEnumerable(), told.Nodes.AsEnumerable());
            Assert.Equal(events.Count, told.Revision);
        });

    [Fact]
    public void A_delta_that_does_not_fit_is_not_applied() =>
        Gen.Select(AnyCommand.Array[5, 40], Gen.Int[1, 30]).Sample((commands, cut) =>
        {
            var (state, events) = Run(commands);
            var whole = MeshMap.Of(state, events.Count);
            var delta = new MapDelta(events.Count, events.Count + 1, [], [], whole.Digest + 1);

            Assert.Null(whole.Apply(delta));
            Assert.Null(MeshMap.Empty.Apply(delta));
        });

    [Fact]
    public void No_address_and_no_prefix_ever_has_two_holders() =>
        AnyCommand.Array[0, 60].Sample(commands =>
        {
            var (state, _) = Run(commands);
            var held = state.Nodes.Values.SelectMany(n => n.Addresses.Concat(n.Allocated).Select(p => (Prefix: p, n.Id))).ToList();
            foreach (var (prefix, holder) in held)
            {
                Assert.DoesNotContain(held, other => other.Id != holder && other.Prefix.Overlaps(prefix));
            }
        });

    [Fact]
    public void Journal_rows_and_snapshots_give_the_same_state_again() =>
        AnyCommand.Array[0, 40].Sample(commands =>
        {
            var (state, events) = Run(commands);
            var meta = new Meta(Noon, new Principal(PrincipalKind.Token, "t1", "ops"), "r1");
            var rows = events.Select(e => (Manifest: JournalMapping.Manifest(e), Bytes: JournalMapping.Encode(new OrganizationRow(e, meta, new byte[] { 1 }))));
            var replayed = rows.Select(r => JournalMapping.Decode(r.Manifest, r.Bytes).Event)
                .Aggregate(OrganizationState.Initial, MeshActors.Domain.Organizations.Organization.Evolve);
            var restored = SnapshotMapping.Read(SnapshotMapping.Write(replayed, events.Count, [1, 2])).State;

            foreach (var same in new[] { replayed, restored })
            {
                Assert.Equal(Bytes(state, events.Count), Bytes(same, events.Count));
                Assert.Equal(state.ActiveNodes, same.ActiveNodes);
                Assert.Equal(state.Plan.LowestFree(isV6: false), same.Plan.LowestFree(isV6: false));
            }
        });

    private static OrganizationCommand.Join JoinInPlaceOf(int machine, int newcomer) =>
        Join(newcomer) with { JoinKeyId = $"r{machine}", Presented = Hash($"r{machine}") };

    private static byte[] Bytes(OrganizationState state, long revision) =>
        SnapshotMapping.Write(state, revision, [1, 2]);

    private static (OrganizationState State, List<OrganizationEvent> Events) Run(OrganizationCommand[] commands)
    {
        var events = new List<OrganizationEvent>
        {
            new OrganizationEvent.Created(OrganizationId.Default, Pools),
            new OrganizationEvent.JoinKeyCreated(ReusableKey),
        };
        var state = events.Aggregate(OrganizationState.Initial, MeshActors.Domain.Organizations.Organization.Evolve);
        foreach (var command in commands)
        {
            if (MeshActors.Domain.Organizations.Organization.Decide(state, command, Noon) is Decision<OrganizationEvent>.Accepted accepted)
            {
                events.AddRange(accepted.Events);
                state = accepted.Events.Aggregate(state, MeshActors.Domain.Organizations.Organization.Evolve);
            }
        }

        return (state, events);
    }

    private static string[] Nets(int[] nets) => [.. nets.Select(net => $"172.{16 + (net / 2)}.0.0/{(net % 2 == 0 ? 16 : 24)}")];
}
