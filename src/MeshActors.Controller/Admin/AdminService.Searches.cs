using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using MeshActors.Cluster.Projections;
using MeshActors.Contracts.History;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using V1 = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Controller.Admin;

/// <summary>What is answered from the projections.</summary>
internal sealed partial class AdminService
{
    /// <summary>Events of a page.</summary>
    private const int EventsMax = 1_000;

    /// <summary>Types of a filter; there are some fifteen.</summary>
    private const int TypesMax = 50;

    /// <summary>Characters of what is searched for: a principal's name has 200 at most, a type fewer.</summary>
    private const int WordLengthMax = 200;

    public override async Task<V1.ListEventsReply> ListEvents(V1.ListEventsRequest request, ServerCallContext context)
    {
        var (_, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        var page = await mesh.FindEventsAsync(view.State.Id, ToQuery(request), context.CancellationToken).ConfigureAwait(false);
        return new V1.ListEventsReply { Events = { page.Entries.Select(AdminMapping.ToMessage) }, NextRevision = page.Next };
    }

    public override async Task<V1.FindReply> Find(V1.FindRequest request, ServerCallContext context)
    {
        // An organization's token finds in its own, and one that is named must be opened by the token.
        var caller = await door.AdmitAsync(context).ConfigureAwait(false);
        var scope = request.Organization.Length > 0
            ? (await door.AdmitAsync(context, request.Organization).ConfigureAwait(false)).View.State.Id
            : caller.Scope;
        if (request.What.Length is 0 or > WordLengthMax)
        {
            throw Refusals.Malformed("Name an address, a network, or a node's id, name or public key.");
        }

        var result = await finding.FindAsync(request.What, scope, context.CancellationToken).ConfigureAwait(false);
        return new V1.FindReply
        {
            Found = { result.Holdings.Select(ToMessage) },
            More = result.HasMore,
            OrganizationsBehind = result.Behind,
        };
    }

    public override async Task<V1.Projection> GetProjection(V1.GetProjectionRequest request, ServerCallContext context)
    {
        var (_, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        if (!regions.Homes.IsHere(view.State.Id))
        {
            return new V1.Projection { Region = regions.Homes.Of(view.State.Id)?.Value ?? "" };
        }

        Task TellRevisionAsync(long revision) => context.WriteResponseHeadersAsync(
            new Metadata { { ProjectionSums.RevisionHeader, revision.ToString(CultureInfo.InvariantCulture) } });
        var sums = await summing.RunAsync(view.State.Id, null, TellRevisionAsync, context.CancellationToken).ConfigureAwait(false);
        return new V1.Projection
        {
            Revision = sums.Revision,
            JournalRevision = sums.JournalRevision,
            Hash = UnsafeByteOperations.UnsafeWrap(sums.Hash),
            EventSums = { sums.Sums.Stretches.Select(ToBytes) },
            HolderSum = ToBytes(sums.Sums.Holders),
        };
    }

    private static EventQuery ToQuery(V1.ListEventsRequest request)
    {
        if (request.FromRevision < 0 || request.ToRevision < 0 || request.Limit is < 0 or > EventsMax)
        {
            throw Refusals.Malformed($"A revision is negative, or the limit is not within 0 and {EventsMax}.");
        }

        if (request.Types_.Count > TypesMax || request.Types_.Append(request.Principal).Any(word => word.Length > WordLengthMax))
        {
            throw Refusals.Malformed($"A filter has {TypesMax} types at most, and nothing in it is longer than {WordLengthMax} characters.");
        }

        NodeId? node = request.Node.Length == 0 ? null
            : NodeId.TryParse(request.Node, out var id) ? id : throw Refusals.Malformed("A filter by node has the node's id.");
        Prefix? network = request.Network.Length == 0 ? null
            : Prefix.TryParse(request.Network, out var prefix) ? prefix : throw Refusals.Malformed("A filter by network has an address, or a network in canonical CIDR notation.");
        var filter = new EventFilter([.. request.Types_], node, network, request.Principal.Length == 0 ? null : request.Principal,
            request.HasSinceUnixMs ? ToTime(request.SinceUnixMs) : null, request.HasUntilUnixMs ? ToTime(request.UntilUnixMs) : null);
        return new EventQuery(filter, request.FromRevision, request.ToRevision, request.NewestFirst, request.Limit == 0 ? EventsMax : request.Limit);
    }

    private static DateTimeOffset ToTime(long unixMs) =>
        unixMs >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && unixMs <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs)
            : throw Refusals.Malformed("A time of the filter is none of the calendar.");

    private static V1.Found ToMessage(FoundHolding found) => new()
    {
        Organization = found.Organization.Value,
        Prefix = found.Network.ToString(),
        Kind = found.Kind,
        Announced = found.IsAnnounced,
        SinceRevision = found.Since,
        NodeId = found.Node.ToString(),
        NodeName = found.NodeName,
        NodeKey = found.NodeKey,
        NodeRemoved = found.IsRemoved,
    };

    private static ByteString ToBytes(UInt128 sum)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, sum);
        return ByteString.CopyFrom(bytes);
    }
}
