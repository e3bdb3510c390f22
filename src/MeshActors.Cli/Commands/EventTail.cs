using Grpc.Core;
using MeshActors.Cli.Failures;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

/// <summary>
/// Follows a journal over broken connections: it asks again from the revision after the last one shown, so that none is
/// missed and none comes twice.
/// </summary>
internal sealed class EventTail(CommandContext context)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    /// <summary>A person is watching: a controller that is back is found within this.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private long _next;
    private bool _isBroken;

    public async Task RunAsync(long first, Func<Event, Task> show, CancellationToken cancellationToken)
    {
        _next = first;
        var wait = FirstWait;
        while (!cancellationToken.IsCancellationRequested)
        {
            var before = _next;
            try
            {
                await FollowAsync(show, cancellationToken);
                await BrokenAsync(new Failure(ExitStatus.Failed, "stream-ended", "The controller ended the stream."));
            }
            catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is OperationCanceledException or RpcException)
            {
                return;
            }
            catch (RpcException exception) when (FailureMapping.IsPassing(exception))
            {
                await BrokenAsync(FailureMapping.Of(exception, context.Session.Settings.Server));
            }

            wait = _next > before ? FirstWait : TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, LongestWait.Ticks));
            await Task.Delay(wait, context.Terminal.Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(Func<Event, Task> show, CancellationToken cancellationToken)
    {
        var request = new StreamEventsRequest { Organization = context.Organization, FromRevision = _next, Follow = true };
        using var call = context.Client.StreamEvents(request, context.Session.Stream(cancellationToken));
        await foreach (var @event in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (@event.Revision < _next)
            {
                continue;
            }

            if (@event.Revision > _next)
            {
                throw new FailureException(new Failure(ExitStatus.Failed, "journal-gap",
                    $"The controller sent revision {@event.Revision} where {_next} was due. Try again; if it stays, look at the controller's log."));
            }

            await show(@event);
            _next++;
            _isBroken = false;
        }
    }

    /// <summary>Said once a break, however many tries it takes: for programs too, since it is not on their output.</summary>
    private Task BrokenAsync(Failure failure)
    {
        var isNew = !_isBroken;
        _isBroken = true;
        return isNew
            ? context.Terminal.Error.WriteLineAsync($"{failure.Line} Trying again; going on at revision {_next}.")
            : Task.CompletedTask;
    }
}
