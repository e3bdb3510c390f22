using System.Collections.Immutable;
using MeshActors.Cluster.Messages;
using MeshActors.Contracts.History;
using MeshActors.Domain;
using MeshActors.Domain.Directories;

namespace MeshActors.Cluster;

/// <summary>Brings an organization's journal in from elsewhere. One caller at a time; any number may begin, and begin again.</summary>
public interface IOrganizationImport
{
    /// <summary>How far the journal goes here.</summary>
    long Revision { get; }

    /// <summary>SHA-256 of the row at that revision; empty for revision 0.</summary>
    ReadOnlyMemory<byte> LastHash { get; }

    /// <summary>The organization is one of this controller's already: nothing is added, only compared.</summary>
    bool IsWhole { get; }

    /// <summary>
    /// Stores what is new of the rows, which follow one another, unchanged; answers after the last is stored. Rows that are
    /// there already must be the same byte for byte.
    /// </summary>
    /// <returns>Why nothing of them was stored, or null.</returns>
    Task<Refusal?> AddAsync(IReadOnlyList<JournalRow> rows, CancellationToken cancellationToken);

    /// <summary>The journal is whole with the row of that revision and hash: the organization lives here from now on.</summary>
    Task<Refusal?> FinishAsync(long revision, ReadOnlyMemory<byte> lastHash, CancellationToken cancellationToken);
}

public abstract record ImportStart
{
    private ImportStart()
    {
    }

    public sealed record Begun(IOrganizationImport Import) : ImportStart;

    public sealed record Refused(Refusal Reason) : ImportStart;
}

internal sealed class OrganizationImport(OrganizationId id, Meta meta, MeshActorRefs actors, EntityCalls calls, OrganizationRows held)
    : IOrganizationImport
{
    /// <summary>Of one message to the entity: it stores them in one transaction, and a remote one has 16 MB.</summary>
    public const int RowsMax = 1_000;

    public const int BytesMax = 1 << 20;

    public long Revision { get; private set; }

    public ReadOnlyMemory<byte> LastHash { get; private set; }

    public bool IsWhole { get; private set; }

    /// <summary>Takes the name, and asks how far an earlier attempt came.</summary>
    public async Task<Refusal?> BeginAsync(CancellationToken cancellationToken)
    {
        switch (await TellDirectoryAsync(new DirectoryCommand.BeginImport(id), cancellationToken).ConfigureAwait(false))
        {
            case null:
                break;
            case { Code: RefusalCodes.OrganizationExists }:
                IsWhole = true;
                break;
            case var reason:
                return reason;
        }

        return await SendAsync(new ImportRows(id, []), cancellationToken).ConfigureAwait(false);
    }

    public async Task<Refusal?> AddAsync(IReadOnlyList<JournalRow> rows, CancellationToken cancellationToken)
    {
        if (rows.Count > RowsMax || rows.Sum(row => (long)row.Bytes.Length) > BytesMax)
        {
            return new Refusal(RefusalCodes.RequestMalformed, $"Rows are imported up to {RowsMax} and {BytesMax} bytes at once; send fewer.");
        }

        var old = rows.TakeWhile(row => row.Revision <= Revision).ToList();
        if (old.Count > 0 && await CompareAsync(old, cancellationToken).ConfigureAwait(false) is { } differs)
        {
            return differs;
        }

        var news = rows.Skip(old.Count).ToImmutableArray();
        return news.IsEmpty ? null
            : IsWhole ? new Refusal(RefusalCodes.OrganizationExists,
                $"Organization '{id}' is there with {Revision} entries and goes its own way; a journal is imported where there is none of its name.")
            : await SendAsync(new ImportRows(id, [.. news.Select(ToEntry)]), cancellationToken).ConfigureAwait(false);
    }

    public async Task<Refusal?> FinishAsync(long revision, ReadOnlyMemory<byte> lastHash, CancellationToken cancellationToken)
    {
        // The entity first: the directory then makes it known for good.
        if (IsWhole)
        {
            return null;
        }

        return await SendAsync(new FinishImport(id, revision, lastHash.ToArray()), cancellationToken).ConfigureAwait(false)
            ?? await TellDirectoryAsync(new DirectoryCommand.FinishImport(id), cancellationToken).ConfigureAwait(false);
    }

    private async Task<Refusal?> CompareAsync(List<JournalRow> given, CancellationToken cancellationToken)
    {
        var next = 0;
        await foreach (var page in held.ReadAsync(id, given[0].Revision, given[^1].Revision, cancellationToken).ConfigureAwait(false))
        {
            foreach (var row in page)
            {
                if (next == given.Count || !row.IsSame(given[next]))
                {
                    return Differs(row.Revision);
                }

                next++;
            }
        }

        return next == given.Count ? null : Differs(given[next].Revision);
    }

    private Refusal Differs(long revision) => new(RefusalCodes.ImportDiffers,
        $"Revision {revision} of organization '{id}' is here already with other bytes: these are two journals, and nothing of this one was stored.");

    private async Task<Refusal?> SendAsync(IOrganizationMessage message, CancellationToken cancellationToken)
    {
        var reply = await calls.AskAsync<ImportReply>(actors.Organizations, message, $"Organization '{id}'", cancellationToken).ConfigureAwait(false);
        switch (reply)
        {
            case ImportReply.At at:
                (Revision, LastHash) = (at.Revision, at.LastHash);
                return null;
            case ImportReply.Refused(var reason):
                return reason;
            default:
                throw new System.Diagnostics.UnreachableException(reply.ToString());
        }
    }

    private async Task<Refusal?> TellDirectoryAsync(DirectoryCommand command, CancellationToken cancellationToken)
    {
        var reply = await calls.AskAsync<CommandReply>(
            actors.Directory, new ExecuteDirectory(command, meta), "The directory", cancellationToken).ConfigureAwait(false);
        return (reply as CommandReply.Refused)?.Reason;
    }

    private static StoredEntry ToEntry(JournalRow row) => new(row.Revision, row.Manifest, row.Bytes.ToArray());
}
