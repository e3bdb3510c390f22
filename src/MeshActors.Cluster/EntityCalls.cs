using System.Diagnostics;
using Akka.Actor;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Regions;

namespace MeshActors.Cluster;

/// <summary>
/// Asks an entity until it answers. Every message may be sent again: an entity that moves drops some, and a second one
/// changes nothing.
/// </summary>
/// <param name="stopping">Ends all calls: what this process leaves its cluster for, it cannot wait for.</param>
/// <param name="links">Null in a deployment without regions.</param>
internal sealed class EntityCalls(TimeSpan patience, CancellationToken stopping, RegionLinks? links = null) : IDisposable
{
    /// <summary>
    /// Of the first question. An entity that recovers takes tens of milliseconds; one that moves loses questions, and the
    /// sooner one comes again the sooner it is answered. Each further one waits twice as long as the one before.
    /// </summary>
    private static readonly TimeSpan FirstAnswerMax = TimeSpan.FromMilliseconds(300);

    /// <summary>Of any question: a journal that is slow for all must not be asked the same by thousands, again and again.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(2);

    /// <summary>A write that failed is tried again so often: a conflict with an entity's last stay elsewhere passes, a full disk does not.</summary>
    private const int WriteAttemptsMax = 4;

    private static readonly TimeSpan WriteRetryDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// A region that does not answer is waited for so long: a connection that broke is there again by then, and operators'
    /// clients hear why before they give up by themselves.
    /// </summary>
    private static readonly TimeSpan AwayMax = TimeSpan.FromSeconds(4);

    /// <summary>Between two questions to a region that is away, or while an organization moves.</summary>
    private static readonly TimeSpan AwayRetryDelay = TimeSpan.FromMilliseconds(250);

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

    private async Task<T> RepeatAsync<T>(IActorRef entity, IMeshMessage message, CancellationToken cancellationToken)
        where T : class
    {
        var failures = 0;
        var answerMax = FirstAnswerMax;
        var elsewhere = new Elsewhere(links);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                switch (await entity.Ask<object>(message, answerMax, cancellationToken).ConfigureAwait(false))
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
                    case RegionAway away:
                        elsewhere.Wait(away);
                        await Task.Delay(AwayRetryDelay, cancellationToken).ConfigureAwait(false);
                        break;
                    case OrganizationElsewhere moved when !elsewhere.CanFollow(moved):
                        return new CommandReply.Refused(moved.Reason) as T ?? throw new MeshUnavailableException(moved.Reason.Message);
                    case OrganizationElsewhere:
                        await Task.Delay(AwayRetryDelay, cancellationToken).ConfigureAwait(false);
                        break;
                    case var other:
                        throw new InvalidOperationException($"{message.GetType().Name} was answered with {other.GetType()}.");
                }
            }
            catch (AskTimeoutException)
            {
                // The outcome is unknown, so the same is asked again.
                answerMax = answerMax * 2 < AnswerMax ? answerMax * 2 : AnswerMax;
            }
        }
    }

    /// <summary>What one call has heard of other regions.</summary>
    private sealed class Elsewhere(RegionLinks? links)
    {
        private readonly long _since = Stopwatch.GetTimestamp();

        /// <exception cref="RegionAwayException">It has been waited for long enough.</exception>
        public void Wait(RegionAway away)
        {
            if (Stopwatch.GetElapsedTime(_since) > AwayMax)
            {
                throw new RegionAwayException(away.Sentence);
            }
        }

        /// <summary>
        /// The next question goes where the organization is now. While it is on its way each end names the other, so
        /// this too ends when the region would have been away for too long.
        /// </summary>
        /// <exception cref="RegionAwayException">It is on its way for too long.</exception>
        public bool CanFollow(OrganizationElsewhere moved)
        {
            if (links is null || !links.Knows(moved.Region))
            {
                return false;
            }

            Wait(new RegionAway(moved.Reason.Message));
            links.Homes.Learn(moved.Organization, moved.Region);
            return true;
        }
    }
}
