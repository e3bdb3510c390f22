using Akka.Actor;
using MeshActors.Cluster.Messages;

namespace MeshActors.Cluster;

/// <summary>
/// Asks an entity until it answers. Every message may be sent again: an entity that moves drops some, and a second one
/// changes nothing.
/// </summary>
/// <param name="stopping">Ends all calls: what this process leaves its cluster for, it cannot wait for.</param>
internal sealed class EntityCalls(TimeSpan patience, CancellationToken stopping) : IDisposable
{
    /// <summary>Of one question. An entity that recovers takes tens of milliseconds; one that moves, about a second.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(2);

    /// <summary>A write that failed is tried again so often: a conflict with an entity's last stay elsewhere passes, a full disk does not.</summary>
    private const int WriteAttemptsMax = 4;

    private static readonly TimeSpan WriteRetryDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Questions on the way at once, of this process: the journal stores some 2,000 a second, so that the last of them is
    /// answered before it would be asked again. Further callers wait in turn.
    /// </summary>
    private const int OnTheWayMax = 1_000;

    private readonly SemaphoreSlim _turns = new(OnTheWayMax);

    public void Dispose() => _turns.Dispose();

    /// <exception cref="MeshUnavailableException">No answer in time, or the entity cannot read its journal.</exception>
    public async Task<T> AskAsync<T>(IActorRef entity, IMeshMessage message, string name, CancellationToken cancellationToken)
        where T : class
    {
        using var patient = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        patient.CancelAfter(patience);
        try
        {
            await _turns.WaitAsync(patient.Token).ConfigureAwait(false);
            try
            {
                return await RepeatAsync<T>(entity, message, patient.Token).ConfigureAwait(false);
            }
            finally
            {
                _turns.Release();
            }
        }
        catch (OperationCanceledException e) when (stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new MeshUnavailableException(AkkaMesh.StoppingSentence, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MeshUnavailableException(
                $"{name} did not answer within {patience.TotalSeconds:0} s: whether anything was stored is unknown. Try again; if it stays so, see the controller's log.", e);
        }
    }

    private static async Task<T> RepeatAsync<T>(IActorRef entity, IMeshMessage message, CancellationToken cancellationToken)
        where T : class
    {
        var failures = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                switch (await entity.Ask<object>(message, AnswerMax, cancellationToken).ConfigureAwait(false))
                {
                    case T answer:
                        return answer;
                    case EntityBroken broken:
                        throw new MeshUnavailableException(broken.Sentence);
                    case WriteFailed failed when ++failures >= WriteAttemptsMax:
                        throw new MeshUnavailableException(failed.Sentence);
                    case WriteFailed:
                        await Task.Delay(WriteRetryDelay * failures, cancellationToken).ConfigureAwait(false);
                        break;
                    case var other:
                        throw new InvalidOperationException($"{message.GetType().Name} was answered with {other.GetType()}.");
                }
            }
            catch (AskTimeoutException)
            {
                // The outcome is unknown, so the same is asked again.
            }
        }
    }
}
