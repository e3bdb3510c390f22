using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using MeshActors.Cli.Failures;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cli.Events;

/// <summary>Runs a journal through a replay that believes no row of it, in the memory of the organization.</summary>
internal static class Verification
{
    /// <summary>Replays up to the place, or to the end.</summary>
    /// <param name="each">Called for each row with the state before and after it.</param>
    /// <exception cref="FailureException">The first fault.</exception>
    public static async Task<Replay> ReplayAsync(
        IRowSource source, Moment? to, Progress progress, Action<Step>? each, CancellationToken cancellationToken)
    {
        if (source.First != 1)
        {
            throw new FailureException(new Failure(ExitStatus.Failed, "journal-partial",
                $"{source.Name} begins with revision {source.First}: an organization can be rebuilt from its first event alone. Use an export of the whole."));
        }

        var replay = new Replay();
        var last = to?.RevisionOr(0) ?? 0;
        await foreach (var page in PreparedAsync(source, last, cancellationToken).ReadAhead(cancellationToken))
        {
            foreach (var row in page)
            {
                var before = replay.State;
                if (to is { Time: { } until } && TimeOf(row) > until)
                {
                    return replay;
                }

                Check(replay.TryAdd(row, out var read));
                each?.Invoke(new Step(row, read!, before, replay.State));
            }

            await progress.AddAsync(page.Count, replay.Revision);
        }

        return last <= replay.Revision ? replay : throw new FailureException(new Failure(ExitStatus.BadUsage, "revision-unknown",
            $"{source.Name} ends with revision {replay.Revision}; there is no revision {last}."));
    }

    /// <summary>A part of a journal: no gap, the chain, and readable rows. Who holds what cannot be known of it.</summary>
    public static async Task<Chain> ChainAsync(IRowSource source, Progress progress, CancellationToken cancellationToken)
    {
        Chain? chain = null;
        await foreach (var page in source.ReadAsync(source.First, 0, cancellationToken))
        {
            chain ??= Before(page[0]);
            foreach (var row in page)
            {
                Check(chain.TryAdd(row, out _));
            }

            await progress.AddAsync(page.Count, chain.Revision);
        }

        return chain!;
    }

    /// <summary>SHA-256 of the organization as a snapshot has it: equal for equal organizations, wherever they were rebuilt.</summary>
    public static string StateHash(OrganizationState state, long revision, ReadOnlySpan<byte> lastHash) =>
        Convert.ToHexStringLower(SHA256.HashData(SnapshotMapping.Write(state, revision, lastHash)));

    /// <summary>Reading a record costs as much as replaying it: the two go on side by side.</summary>
    private static async IAsyncEnumerable<IReadOnlyList<JournalRow>> PreparedAsync(
        IRowSource source, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in source.ReadAsync(1, to, cancellationToken))
        {
            yield return [.. page.Select(row => row.Prepared())];
        }
    }

    public static void Check(Refusal? fault)
    {
        if (fault is not null)
        {
            throw new FailureException(new Failure(ExitStatus.Failed, fault.Code, fault.Message));
        }
    }

    private static Chain Before(JournalRow first)
    {
        try
        {
            return Chain.Before(first);
        }
        catch (FormatException e)
        {
            throw new FailureException(new Failure(ExitStatus.Failed, RefusalCodes.JournalRow, $"Revision {first.Revision} cannot be read: {e.Message}"));
        }
    }

    private static DateTimeOffset TimeOf(JournalRow row) => DateTimeOffset.FromUnixTimeMilliseconds(row.UnixMs());
}

/// <summary>One event with what it changed.</summary>
internal sealed record Step(JournalRow Row, OrganizationRow Read, OrganizationState Before, OrganizationState After);
