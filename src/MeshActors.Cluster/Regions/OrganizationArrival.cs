using System.Runtime.CompilerServices;
using MeshActors.Cluster.Messages;
using MeshActors.Contracts.History;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Regions;

/// <summary>How far an organization has come to its new home.</summary>
/// <param name="Revision">What is here of its journal.</param>
/// <param name="Refused">Why it cannot arrive; the last word then.</param>
/// <param name="IsSettled">This is its home now; the last word too.</param>
public sealed record ArrivalStep(long Revision, Refusal? Refused = null, bool IsSettled = false);

/// <summary>
/// The new home's part of a move: the rows as they are at the old one, then the first of its own. Every step may be
/// repeated, and what an attempt left behind is where the next goes on.
/// </summary>
/// <param name="here">This region's entities, past the router.</param>
internal sealed class OrganizationArrival(RegionLinks links, EntityCalls calls, MeshActorRefs here)
{
    public Refusal? Probe(RegionName from) => from == links.Homes.Own || links.Knows(from) ? null : new Refusal(RefusalCodes.RegionUnknown,
        $"Region '{links.Homes.Own}' does not know region '{from}', from where the organization is to come: start its controllers with --peer-region {from}=https://HOST:PORT.");

    /// <exception cref="MeshUnavailableException">A region or a journal does not answer: go on later.</exception>
    public async IAsyncEnumerable<ArrivalStep> RunAsync(
        OrganizationId id, RegionName from, Meta meta, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var own = links.Homes.Own!.Value;
        // Where it was at home before, it is listed already.
        if (await TellDirectoryAsync(new DirectoryCommand.BeginImport(id), meta, cancellationToken).ConfigureAwait(false)
            is CommandReply.Refused({ Code: not RefusalCodes.OrganizationExists } reason))
        {
            yield return new ArrivalStep(0, reason);
            yield break;
        }

        var at = await SendAsync(new ImportRows(id, []), cancellationToken).ConfigureAwait(false);
        if (from != own)
        {
            await foreach (var rows in links.ReadAsync(id, from, at.Revision + 1, 0, cancellationToken).ConfigureAwait(false))
            {
                at = await SendAsync(new ImportRows(id, [.. rows.Select(ToEntry)]), cancellationToken).ConfigureAwait(false);
                if (at.Refused is not null)
                {
                    yield return at;
                    yield break;
                }

                yield return at;
            }
        }

        yield return await SettleAsync(id, own, meta, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ArrivalStep> SettleAsync(OrganizationId id, RegionName own, Meta meta, CancellationToken cancellationToken)
    {
        var end = await calls.AskAsync<ImportReply>(here.Organizations, new ImportRows(id, []), Name(id), cancellationToken).ConfigureAwait(false);
        if (end is ImportReply.At at)
        {
            end = await calls.AskAsync<ImportReply>(here.Organizations, new FinishImport(id, at.Revision, at.LastHash), Name(id), cancellationToken).ConfigureAwait(false);
        }

        if (end is ImportReply.Refused(var unfinished))
        {
            return new ArrivalStep(0, unfinished);
        }

        // The fence is in the journal: this is refused unless its last row gives the organization to this region.
        var settled = await calls.AskAsync<CommandReply>(
            here.Organizations, new ExecuteOrganization(id, new OrganizationCommand.Settle(own), meta), Name(id), cancellationToken).ConfigureAwait(false);
        if (settled is CommandReply.Refused(var reason))
        {
            return new ArrivalStep(0, reason);
        }

        await TellDirectoryAsync(new DirectoryCommand.FinishImport(id), meta, cancellationToken).ConfigureAwait(false);
        links.Homes.Learn(id, own);
        return new ArrivalStep(((CommandReply.Done)settled).Revision, IsSettled: true);
    }

    private async Task<ArrivalStep> SendAsync(ImportRows message, CancellationToken cancellationToken) =>
        await calls.AskAsync<ImportReply>(here.Organizations, message, Name(message.Organization), cancellationToken).ConfigureAwait(false) switch
        {
            ImportReply.At at => new ArrivalStep(at.Revision),
            ImportReply.Refused(var reason) => new ArrivalStep(0, reason),
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };

    private Task<CommandReply> TellDirectoryAsync(DirectoryCommand command, Meta meta, CancellationToken cancellationToken) =>
        calls.AskAsync<CommandReply>(here.Directory, new ExecuteDirectory(command, meta), "The directory", cancellationToken);

    private static string Name(OrganizationId id) => $"Organization '{id}'";

    private static StoredEntry ToEntry(JournalRow row) => new(row.Revision, row.Manifest, row.Bytes.ToArray());
}
