using MeshActors.Contracts.History;

namespace MeshActors.Cli.Events;

/// <summary>Where an organization's rows come from: an export, or a controller. What is made of them does not differ.</summary>
internal interface IRowSource : IAsyncDisposable
{
    /// <summary>As it is called in sentences.</summary>
    string Name { get; }

    string Organization { get; }

    /// <summary>The first revision that it has: 1, or it is a part of a journal.</summary>
    long First { get; }

    /// <summary>How much of it was read, from 0 to 1; null where its length is not known.</summary>
    /// <param name="revision">Of the last row that was used.</param>
    double? ReadShare(long revision);

    /// <summary>Rows in order, in pages.</summary>
    /// <param name="to">The last one wanted; 0 for all there are.</param>
    IAsyncEnumerable<IReadOnlyList<JournalRow>> ReadAsync(long from, long to, CancellationToken cancellationToken);
}
