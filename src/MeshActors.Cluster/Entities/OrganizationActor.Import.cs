using System.Collections.Immutable;
using System.Security.Cryptography;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Serialization;
using MeshActors.Contracts.History;
using MeshActors.Domain;

namespace MeshActors.Cluster.Entities;

/// <summary>Takes in the journal that the organization has elsewhere, row by row as it is.</summary>
/// <remarks>
/// That an import runs is a mark in memory here: an event of it would make another journal. Over restarts the directory
/// holds it. It lists the organization only when all is there, and until then no command finds its way here.
/// </remarks>
public sealed partial class OrganizationActor
{
    /// <summary>A snapshot of 10,000 nodes takes 50 ms, the recovery of so many rows half a second.</summary>
    private const int ImportedPerSnapshot = 50_000;

    private ImportPhase _import = ImportPhase.Possible;

    private enum ImportPhase
    {
        /// <summary>Nothing was decided since the entity's start.</summary>
        Possible,
        Running,

        /// <summary>The organization goes its own way: what comes from elsewhere does not fit any more, until it is given up.</summary>
        Over,
    }

    private bool IsImporting => _import == ImportPhase.Running;

    private void Import(ImportRows message)
    {
        if (Differs(message.Rows))
        {
            Refuse(new Refusal(RefusalCodes.ImportDiffers,
                $"Revision {AheadRevision} of organization '{_id}' is here already with other bytes: this is not the journal that was begun."));
            return;
        }

        var news = message.Rows.Where(row => row.Revision > AheadRevision).ToImmutableArray();
        if (news.IsEmpty)
        {
            TellProgress();
        }
        else if (_import == ImportPhase.Over && !IsGivenUp)
        {
            Refuse(new Refusal(RefusalCodes.OrganizationExists,
                $"Organization '{_id}' is there with {AheadRevision} entries of its own and goes its own way; a journal is imported where there is none of its name."));
        }
        else
        {
            Add(news);
        }
    }

    private bool Differs(ImmutableArray<StoredEntry> rows) =>
        rows.FirstOrDefault(row => row.Revision == AheadRevision) is { } held && !SHA256.HashData(held.Bytes).AsSpan().SequenceEqual(AheadHash);

    private void Add(ImmutableArray<StoredEntry> rows)
    {
        var replay = Replay.From(Ahead, AheadRevision, AheadHash);
        foreach (var row in rows)
        {
            if (replay.TryAdd(new JournalRow(row.Revision, row.Manifest, row.Bytes), out _) is { } fault)
            {
                Refuse(fault);
                return;
            }
        }

        if (replay.State.Id != _id)
        {
            Refuse(new Refusal(RefusalCodes.OrganizationMismatch,
                $"This is the journal of organization '{replay.State.Id}', not of '{_id}': its name is in its first entry, and in every join URL and credential; import it under that name."));
            return;
        }

        _import = ImportPhase.Running;
        StoreAsIs([.. rows.Select(row => new JournalEntry(row.Manifest, row.Bytes))], replay.State, replay.LastHash.ToArray());
        TellProgress();
    }

    private void FinishImport(FinishImport message)
    {
        if (message.Revision != AheadRevision || !message.LastHash.AsSpan().SequenceEqual(AheadHash))
        {
            Refuse(new Refusal(RefusalCodes.ImportDiffers,
                $"The import of organization '{_id}' is to end with revision {message.Revision}, and what is here ends with {AheadRevision}, or differently."));
            return;
        }

        // Done is sent again when its answer was lost.
        if (_import != ImportPhase.Over)
        {
            _import = ImportPhase.Over;
            SnapshotEvery(1);
        }

        TellProgress();
    }

    private void TellProgress() => Answer(new ImportReply.At(AheadRevision, AheadHash));

    private void Refuse(Refusal reason) => Answer(new ImportReply.Refused(reason));

    private void SnapshotEvery(int events)
    {
        if (_snapshots.IsDue(Revision, events))
        {
            SaveSnapshot(OrganizationJournal.WriteSnapshot(State, Revision, LastHash));
        }
    }
}
