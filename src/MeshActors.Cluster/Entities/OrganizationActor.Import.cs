using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Persistence;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Projections;
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
    /// <summary>So many rows pay for a snapshot of 10,000 nodes many times over, and an import that is interrupted goes on without reading more.</summary>
    private const int ImportedPerSnapshot = 50_000;

    /// <summary>Without it the next recovery takes a little longer, which is no reason to wait for long.</summary>
    private static readonly TimeSpan SnapshotMax = TimeSpan.FromSeconds(2);

    private ImportPhase _import = ImportPhase.Possible;

    /// <summary>Rows were stored of which Akka does not know.</summary>
    private bool _isPastAkka;

    private enum ImportPhase
    {
        /// <summary>Nothing was decided since the entity's start.</summary>
        Possible,
        Running,

        /// <summary>The organization goes its own way: what comes from elsewhere does not fit any more, until it is given up.</summary>
        Over,
    }

    private bool IsImporting => _import == ImportPhase.Running;

    private async Task ImportAsync(ImportRows message)
    {
        // Rows go past Akka, so that what it has in hand comes first. None overtake others: who imports waits for each answer,
        // and rows that do not follow are refused.
        if (IsAhead)
        {
            ComesAgain(message);
            return;
        }

        if (Differs(message.Rows))
        {
            Refuse(new Refusal(RefusalCodes.ImportDiffers,
                $"Revision {Revision} of organization '{_id}' is here already with other bytes: this is not the journal that was begun."));
            return;
        }

        var news = message.Rows.Where(row => row.Revision > Revision).ToImmutableArray();
        if (news.IsEmpty)
        {
            TellProgress();
        }
        else if (_import == ImportPhase.Over && !IsGivenUp)
        {
            Refuse(new Refusal(RefusalCodes.OrganizationExists,
                $"Organization '{_id}' is there with {Revision} entries of its own and goes its own way; a journal is imported where there is none of its name."));
        }
        else
        {
            await AddAsync(news).ConfigureAwait(true);
        }
    }

    private bool Differs(ImmutableArray<StoredEntry> rows) =>
        rows.FirstOrDefault(row => row.Revision == Revision) is { } held && !SHA256.HashData(held.Bytes).AsSpan().SequenceEqual(LastHash);

    // Written while they are verified, and committed only after it: the two take about as long.
    private async Task AddAsync(ImmutableArray<StoredEntry> rows)
    {
        var since = Stopwatch.GetTimestamp();
        var areSound = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var storing = _journal.AppendAsync(PersistenceId, Revision + 1, [.. rows.Select(row => new JournalEntry(row.Manifest, row.Bytes))], areSound.Task);
        var replay = Replay.From(State, Revision, LastHash);
        Refusal? fault = null;
        try
        {
            fault = FindFault(replay, rows);
            _import = fault is null ? ImportPhase.Running : _import;
            areSound.SetResult(fault is null);
        }
        finally
        {
            // The database's writers wait for it.
            areSound.TrySetResult(false);
        }

        try
        {
            await storing.ConfigureAwait(true);
        }
        catch (DbException) when (fault is not null)
        {
            // They were not to be stored.
        }
        catch (DbException e)
        {
            JournalMetrics.Failed("import", "failed");
            Sender.Tell(Failure(e));
            Context.Stop(Self);
            return;
        }

        if (fault is not null)
        {
            Refuse(fault);
            return;
        }

        JournalMetrics.Stored("import", rows.Length, since);
        _isPastAkka = true;
        Adopt(replay.State, replay.Revision, replay.LastHash.ToArray());
        TellProgress();
        SnapshotEvery(ImportedPerSnapshot);
    }

    private Refusal? FindFault(Replay replay, ImmutableArray<StoredEntry> rows)
    {
        foreach (var row in rows)
        {
            if (replay.TryAdd(new JournalRow(row.Revision, row.Manifest, row.Bytes), out _) is { } fault)
            {
                return fault;
            }
        }

        return replay.State.Id == _id ? null : new Refusal(RefusalCodes.OrganizationMismatch,
            $"This is the journal of organization '{replay.State.Id}', not of '{_id}': its name is in its first entry, and in every join URL and credential; import it under that name.");
    }

    private async Task FinishImportAsync(FinishImport message)
    {
        if (IsAhead)
        {
            ComesAgain(message);
            return;
        }

        if (message.Revision != Revision || !message.LastHash.AsSpan().SequenceEqual(LastHash))
        {
            Refuse(new Refusal(RefusalCodes.ImportDiffers,
                $"The import of organization '{_id}' is to end with revision {message.Revision}, and what is here ends with {Revision}, or differently."));
            return;
        }

        // Done is sent again when its answer was lost.
        _import = ImportPhase.Over;
        if (_isPastAkka)
        {
            Task saved = SnapshotStore.Ask<object>(Snapshot(), SnapshotMax);
            await saved.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            Context.System.EventStream.Publish(new JournalGrew(_id, Revision));
            Leave();
        }

        TellProgress();
    }

    // The next incarnation knows the number of the last row, and meets whoever asked in between.
    private void Leave()
    {
        var shard = Context.Parent;
        shard.Tell(new Passivate(StopEntity.Instance));
        Become(() =>
        {
            Command<StopEntity>(_ => Context.Stop(Self));
            Command<IOrganizationMessage>(shard.Forward);
            CommandAny(_ => { });
        });
    }

    private void TellProgress() => Sender.Tell(new ImportReply.At(Revision, LastHash));

    private void Refuse(Refusal reason) => Sender.Tell(new ImportReply.Refused(reason));

    private void SnapshotEvery(int events)
    {
        if (_snapshots.IsDue(Revision, events))
        {
            SnapshotStore.Tell(Snapshot());
        }
    }

    // Not SaveSnapshot: the number is Akka's there.
    private SaveSnapshot Snapshot() => new(
        new SnapshotMetadata(PersistenceId, Revision, default), new Replica(State, Revision, LastHash));
}
