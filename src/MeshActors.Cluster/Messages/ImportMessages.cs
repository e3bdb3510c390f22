using System.Collections.Immutable;
using MeshActors.Domain;

namespace MeshActors.Cluster.Messages;

/// <summary>
/// Rows of another journal of this organization, to be stored as they are. Answered with an <see cref="ImportReply"/>
/// after the last is stored; those that are there already are passed over. Without rows it asks how far the journal goes.
/// </summary>
public sealed record ImportRows(OrganizationId Organization, ImmutableArray<StoredEntry> Rows) : IOrganizationMessage;

/// <summary>The journal is whole with this row: the organization may decide again.</summary>
public sealed record FinishImport(OrganizationId Organization, long Revision, byte[] LastHash) : IOrganizationMessage;

public abstract record ImportReply : IMeshMessage
{
    private ImportReply()
    {
    }

    /// <param name="LastHash">SHA-256 of the row at that revision; empty for revision 0.</param>
    public sealed record At(long Revision, byte[] LastHash) : ImportReply;

    public sealed record Refused(Refusal Reason) : ImportReply;
}
