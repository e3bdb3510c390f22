using System.Collections.Concurrent;
using System.Threading.Channels;
using Akka.Actor;
using Google.Protobuf;
using Grpc.Core;
using MeshActors.Cluster.Messages;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Region.V1;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Regions;

/// <summary>
/// What this region does for gateways of others, who were let in already. It asks its own entities and nobody else: a call
/// is never passed on to a third region.
/// </summary>
public sealed class RegionHome
{
    /// <summary>Messages that wait for a link: some seconds of the busiest organization. More is a link that does not keep up.</summary>
    private const int FeedBufferMax = 1_024;

    /// <summary>Of the largest rows (3 KB) these are well below what a link takes in one message.</summary>
    private const int RowsPerMessage = 200;

    // No more than the directory holds.
    private readonly ConcurrentDictionary<OrganizationId, bool> _registered = [];
    private readonly RegionName? _own;
    private readonly ActorSystem _system;
    private readonly MeshActorRefs _here;
    private readonly OrganizationRows _rows;
    private readonly RegionLinks _links;
    private readonly OrganizationArrival _arrival;
    private int _followers;
    private int _followsEver;

    internal RegionHome(RegionName? own, ActorSystem system, MeshActorRefs here, OrganizationRows rows, RegionLinks links, EntityCalls calls)
    {
        _own = own;
        _system = system;
        _here = here;
        _rows = rows;
        _links = links;
        _arrival = new OrganizationArrival(links, calls, here);
    }

    /// <summary>Feeds that gateways of other regions follow here now.</summary>
    public int Followers => Volatile.Read(ref _followers);

    /// <summary>Since the start.</summary>
    public int FollowsEver => Volatile.Read(ref _followsEver);

    /// <exception cref="FormatException">What no honest gateway sends.</exception>
    /// <exception cref="TimeoutException">The entity did not answer: the outcome is unknown.</exception>
    public async Task<ExecuteReply> ExecuteAsync(ExecuteRequest request, CancellationToken cancellationToken)
    {
        var organization = OrganizationId.Parse(request.Organization);
        var command = request.Command.ToCommand();
        var meta = RegionMapping.ToMeta(request.Meta);
        // Only where it is born: one that has moved was made once, and never anew.
        if (command is OrganizationCommand.Create && organization.Region is not null && organization.Region == _own)
        {
            var reply = await AskAsync(_here.Directory, new ExecuteDirectory(new DirectoryCommand.RegisterOrganization(organization), meta), cancellationToken).ConfigureAwait(false);
            if (reply is not CommandReply.Done)
            {
                return ToWire(reply);
            }
        }
        else if (!await IsRegisteredAsync(organization, cancellationToken).ConfigureAwait(false))
        {
            return ToWire(NotHere(organization));
        }

        return ToWire(await AskAsync(_here.Organizations, new ExecuteOrganization(organization, command, meta), cancellationToken).ConfigureAwait(false));
    }

    /// <exception cref="FormatException">What no honest gateway sends.</exception>
    /// <exception cref="TimeoutException">The entity did not answer.</exception>
    public async Task<NodeActivityReply> GetNodeActivityAsync(NodeActivityRequest request, CancellationToken cancellationToken)
    {
        var organization = OrganizationId.Parse(request.Organization);
        return await IsRegisteredAsync(organization, cancellationToken).ConfigureAwait(false)
            && await AskAsync(_here.Nodes, new GetNodeActivity(organization, request.Node.ToNodeId()), cancellationToken).ConfigureAwait(false) is NodeActivityAnswer answer
            ? RegionMapping.ToReply(answer.ToState())
            : new NodeActivityReply();
    }

    /// <exception cref="FormatException">What no honest gateway sends.</exception>
    public async Task NoteAsync(NodeSighting sighting, CancellationToken cancellationToken)
    {
        var organization = OrganizationId.Parse(sighting.Organization);
        if (await IsRegisteredAsync(organization, cancellationToken).ConfigureAwait(false))
        {
            var row = sighting.ToRow();
            _here.Nodes.Tell(new NodeSeen(organization, sighting.Node.ToNodeId(), row.Event, row.Meta));
        }
    }

    /// <summary>Until the call ends.</summary>
    /// <exception cref="FormatException">What no honest gateway sends.</exception>
    /// <exception cref="IOException">The link does not keep up.</exception>
    public async Task FollowAsync(IAsyncStreamReader<FeedRequest> requests, IServerStreamWriter<FeedMessage> messages, CancellationToken cancellationToken)
    {
        if (!await requests.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var first = requests.Current;
        var organization = OrganizationId.Parse(first.Organization);
        if (!await IsRegisteredAsync(organization, cancellationToken).ConfigureAwait(false))
        {
            await AnswerNotHereAsync(organization, first, messages, cancellationToken).ConfigureAwait(false);
            return;
        }

        var channel = Channel.CreateBounded<FeedMessage>(new BoundedChannelOptions(FeedBufferMax) { SingleReader = true });
        var follower = _system.ActorOf(ForeignFollower.Props(organization, _here.Organizations, channel.Writer));
        Interlocked.Increment(ref _followers);
        Interlocked.Increment(ref _followsEver);
        try
        {
            follower.Tell(first);
            var reading = ReadAsync(requests, follower, channel, cancellationToken);
            await foreach (var message in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await messages.WriteAsync(message, cancellationToken).ConfigureAwait(false);
            }

            await reading.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _followers);
            _system.Stop(follower);
        }
    }

    /// <exception cref="MeshUnavailableException">The journal cannot be read.</exception>
    public async IAsyncEnumerable<Rows> ReadRowsAsync(
        ReadRowsRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var organization = OrganizationId.Parse(request.Organization);
        if (!await IsRegisteredAsync(organization, cancellationToken).ConfigureAwait(false))
        {
            yield break;
        }

        await foreach (var page in _rows.ReadAsync(organization, request.FromRevision, request.ToRevision, cancellationToken).ConfigureAwait(false))
        {
            foreach (var part in page.Chunk(RowsPerMessage))
            {
                yield return new Rows { Rows_ = { part.Select(row => ToRow(row.Revision, row.Manifest, row.Bytes)) } };
            }
        }
    }

    /// <summary>Whether that region, this one or another, could take the organization over; null when it could.</summary>
    internal async Task<Refusal?> ProbeAsync(
        OrganizationId organization, RegionName from, RegionName to, Meta meta, CancellationToken cancellationToken)
    {
        if (to == _own)
        {
            return _arrival.Probe(from);
        }

        await foreach (var step in _links.ArriveAsync(to, RegionMapping.ToArrive(organization, from, meta, probe: true), cancellationToken).ConfigureAwait(false))
        {
            return step.Refused;
        }

        return null;
    }

    /// <summary>That region, this one or another, takes it over.</summary>
    internal IAsyncEnumerable<ArrivalStep> ArriveAsync(
        OrganizationId organization, RegionName from, RegionName to, Meta meta, CancellationToken cancellationToken) =>
        to == _own
            ? _arrival.RunAsync(organization, from, meta, cancellationToken)
            : _links.ArriveAsync(to, RegionMapping.ToArrive(organization, from, meta, probe: false), cancellationToken);

    /// <exception cref="FormatException">What no honest gateway sends.</exception>
    /// <exception cref="MeshUnavailableException">A region or a journal does not answer.</exception>
    public async IAsyncEnumerable<ArriveProgress> ArriveAsync(
        ArriveRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var organization = OrganizationId.Parse(request.Organization);
        var from = RegionName.Parse(request.FromRegion);
        if (request.Probe)
        {
            yield return ToWire(new ArrivalStep(0, _arrival.Probe(from)));
            yield break;
        }

        await foreach (var step in _arrival.RunAsync(organization, from, RegionMapping.ToMeta(request.Meta), cancellationToken).ConfigureAwait(false))
        {
            yield return ToWire(step);
        }
    }

    private static ArriveProgress ToWire(ArrivalStep step) => new()
    {
        Revision = step.Revision,
        Refused = step.Refused is { } reason ? new Contracts.Region.V1.Refused { Code = reason.Code, Message = reason.Message } : null,
        Settled = step.IsSettled,
    };

    internal static Row ToRow(long revision, string manifest, ReadOnlyMemory<byte> bytes) =>
        new() { Revision = revision, Manifest = manifest, Record = UnsafeByteOperations.UnsafeWrap(bytes) };

    internal static Moved ToWire(OrganizationElsewhere elsewhere) => new() { Region = elsewhere.Region.Value, Message = elsewhere.Reason.Message };

    private static async Task ReadAsync(
        IAsyncStreamReader<FeedRequest> requests, IActorRef follower, Channel<FeedMessage> channel, CancellationToken cancellationToken)
    {
        try
        {
            while (await requests.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                // While much is still to be sent, a renewal would only add to it.
                if (channel.Reader.Count == 0)
                {
                    follower.Tell(requests.Current);
                }
            }
        }
        finally
        {
            channel.Writer.TryComplete();
        }
    }

    // As an entity of a name that nobody created says it.
    private Task AnswerNotHereAsync(
        OrganizationId organization, FeedRequest first, IServerStreamWriter<FeedMessage> messages, CancellationToken cancellationToken)
    {
        if (NotHere(organization) is OrganizationElsewhere elsewhere)
        {
            return messages.WriteAsync(new FeedMessage { Moved = ToWire(elsewhere) }, cancellationToken);
        }

        var nothing = Entities.OrganizationJournal.WriteSnapshot(OrganizationState.Initial, 0, []);
        return messages.WriteAsync(
            new FeedMessage { Whole = new Whole { Manifest = nothing.Manifest, Number = first.Number, Last = true } }, cancellationToken);
    }

    /// <summary>A bare name is of its own deployment alone, and no other region's gateway means it.</summary>
    private async Task<bool> IsRegisteredAsync(OrganizationId organization, CancellationToken cancellationToken)
    {
        if (organization.Region is null || _registered.ContainsKey(organization))
        {
            return organization.Region is not null;
        }

        if (await AskAsync(_here.Directory, GetDirectory.Instance, cancellationToken).ConfigureAwait(false) is not DirectoryAnswer answer
            || !answer.Organizations.Contains(organization))
        {
            return false;
        }

        _registered[organization] = true;
        return true;
    }

    private static async Task<object> AskAsync(IActorRef entity, IMeshMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return await entity.Ask<object>(message, LinkProtocol.CallMax, cancellationToken).ConfigureAwait(false);
        }
        catch (AskTimeoutException e)
        {
            throw new TimeoutException("The organization did not answer in time: whether anything was stored is unknown.", e);
        }
    }

    private static ExecuteReply ToWire(object reply) => reply switch
    {
        CommandReply.Done done => new() { Done = RegionMapping.ToDone(done.Revision, done.Node) },
        CommandReply.Refused(var reason) => new() { Refused = new() { Code = reason.Code, Message = reason.Message } },
        EntityBroken broken => new() { Broken = broken.Sentence },
        WriteFailed failed => new() { WriteFailed = failed.Sentence },
        OrganizationElsewhere elsewhere => new() { Moved = ToWire(elsewhere) },
        _ => throw new InvalidOperationException($"A command was answered with {reply.GetType()}."),
    };

    /// <summary>One that was born elsewhere is not here yet, or was never on its way: its birthplace knows.</summary>
    private object NotHere(OrganizationId organization) => organization.Region is { } birthplace && birthplace != _own
        ? new OrganizationElsewhere(organization, birthplace, new Refusal(RefusalCodes.OrganizationMoved,
            $"Organization '{organization}' is not in region '{_own}', or not yet; ask again, or finish its move with `meshctl org move {organization} --to {_own}`."))
        : new CommandReply.Refused(new Refusal(RefusalCodes.OrganizationUnknown,
            $"There is no organization '{organization}' in this region; `meshctl org list` shows those that there are."));
}
