using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace MeshActors.Cli.Events;

internal static class Pipeline
{
    /// <summary>Pages on the way: enough for both ends to keep going, and a few hundred KB.</summary>
    private const int PagesAhead = 4;

    /// <summary>Reads on another thread while the reader works on what it has.</summary>
    public static async IAsyncEnumerable<T> ReadAhead<T>(
        this IAsyncEnumerable<T> source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<T>(new BoundedChannelOptions(PagesAhead) { SingleReader = true, SingleWriter = true });
        var filling = Task.Run(() => FillAsync(source, channel.Writer, ends.Token), CancellationToken.None);
        try
        {
            await foreach (var item in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return item;
            }
        }
        finally
        {
            await ends.CancelAsync();
            await filling;
        }
    }

    private static async Task FillAsync<T>(IAsyncEnumerable<T> source, ChannelWriter<T> writer, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var item in source.WithCancellation(cancellationToken))
            {
                await writer.WriteAsync(item, cancellationToken);
            }

            writer.Complete();
        }
        // Handed to the reader, whatever it is.
#pragma warning disable CA1031
        catch (Exception fault)
#pragma warning restore CA1031
        {
            writer.Complete(fault);
        }
    }
}
