using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using MeshActors.Cli.Connection;
using MeshActors.Cli.Failures;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;

namespace MeshActors.Cli.Events;

/// <summary>Compares what a controller's lists and searches know with what the replay of the journal says that they must.</summary>
internal sealed class ProjectionCheck
{
    private readonly Task<Projection> _answer;
    private readonly string _organization;
    private readonly ProjectionSums _sums = new();
    private string _hash = "";

    private ProjectionCheck(long revision, Task<Projection> answer, string organization)
    {
        Revision = revision;
        _answer = answer;
        _organization = organization;
    }

    /// <summary>As far as the projection goes.</summary>
    public long Revision { get; }

    /// <summary>
    /// Has the controller add up what it holds, which goes on beside the replay. Null when it adds up nothing of this
    /// kind: an older version, or a gateway of another region.
    /// </summary>
    public static async Task<ProjectionCheck?> BeginAsync(Session session, CancellationToken cancellationToken)
    {
        try
        {
            var call = session.Client.GetProjectionAsync(new GetProjectionRequest { Organization = session.Organization }, session.Stream(cancellationToken));
            var headers = await call.ResponseHeadersAsync;
            if (long.TryParse(headers.GetValue(ProjectionSums.RevisionHeader), NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
            {
                return new ProjectionCheck(revision, call.ResponseAsync, session.Organization);
            }

            // Or it says here what is wrong.
            await call.ResponseAsync;
            return null;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
        {
            return null;
        }
    }

    public void Add(Step step)
    {
        if (step.Row.Revision > Revision)
        {
            return;
        }

        _sums.Add(IndexedEvent.Of(step.Row.Revision, step.Row.Manifest, step.Read));
        if (step.Row.Revision == Revision)
        {
            _sums.Add(step.After);
            _hash = Convert.ToHexStringLower(step.Row.Hash());
        }
    }

    /// <exception cref="FailureException">They differ.</exception>
    public async Task CompareAsync()
    {
        if (Find(await _answer) is { } what)
        {
            throw new FailureException(new Failure(ExitStatus.Failed, "projection-differs",
                $"The journal of {_organization} is sound, but lists and searches differ from it: {what}. Make them anew: mesh-controller projections rebuild --org {_organization}"));
        }
    }

    private string? Find(Projection projection)
    {
        if (Revision > 0 && _hash != Convert.ToHexStringLower(projection.Hash.Span))
        {
            return string.Create(CultureInfo.InvariantCulture, $"they were made from another journal, up to its revision {Revision}");
        }

        for (var i = 0; i < Math.Max(_sums.Stretches.Count, projection.EventSums.Count); i++)
        {
            if (i >= _sums.Stretches.Count || i >= projection.EventSums.Count || _sums.Stretches[i] != Read(projection.EventSums[i]))
            {
                var first = ((long)i * ProjectionSums.StretchRevisions) + 1;
                return string.Create(CultureInfo.InvariantCulture, $"in an event of revisions {first} to {Math.Min(Revision, first + ProjectionSums.StretchRevisions - 1)}");
            }
        }

        return Revision > 0 && _sums.Holders != Read(projection.HolderSum) ? "in a node, or in who holds or announces what" : null;
    }

    private static UInt128 Read(ByteString sum) => sum.Length == 16 ? BinaryPrimitives.ReadUInt128BigEndian(sum.Span) : 0;
}
