using System.CommandLine;
using System.Text.Json;
using Grpc.Core;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

internal static class EventCommands
{
    public static Command Make(Verb verb) => Verb.Group("events", "Who changed what: the organization's journal", List(verb), Tail(verb));

    private static Command List(Verb verb)
    {
        var from = Arguments.Positive("--from", "REVISION", "The first revision (default: the first there is)");
        var to = Arguments.Positive("--to", "REVISION", "The last revision (default: the newest)");
        var limit = Arguments.Positive("--limit", "N", "At most N: with --from the first ones, else the newest");
        return verb.Make("list", "Events until now", async (context, cancellationToken) =>
        {
            var range = new EventRange(context.Parsed.GetValue(from), context.Parsed.GetValue(to), context.Parsed.GetValue(limit));
            var newest = range.NeedsNewest ? await NewestAsync(context, cancellationToken) : 0;
            if (range.Resolve(newest) is not var (first, last))
            {
                return;
            }

            var request = new StreamEventsRequest { Organization = context.Organization, FromRevision = first, ToRevision = last };
            using var call = context.Client.StreamEvents(request, context.Session.Stream(cancellationToken));
            await HeadAsync(context);
            await foreach (var @event in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                await ShowAsync(context, @event);
            }
        }, from, to, limit);
    }

    private static Command Tail(Verb verb)
    {
        var from = Arguments.Positive("--from", "REVISION", "The first revision (default: the next one to come)");
        return verb.Make("tail", "Events as they come, until it is stopped", async (context, cancellationToken) =>
        {
            // Asked even when it is not needed: a wrong token or server ends the command here, before the waiting begins.
            var newest = await NewestAsync(context, cancellationToken);
            await HeadAsync(context);
            await new EventTail(context).RunAsync(context.Parsed.GetValue(from) ?? newest + 1, @event => ShowAsync(context, @event), cancellationToken);
        }, from);
    }

    private static async Task<long> NewestAsync(CommandContext context, CancellationToken cancellationToken) =>
        (await context.Client.GetOrganizationAsync(
            new GetOrganizationRequest { Organization = context.Organization }, context.Session.Call(cancellationToken))).Revision;

    private static Task HeadAsync(CommandContext context) =>
        context.Format == OutputFormat.Json ? Task.CompletedTask : context.Terminal.Output.WriteAsync(EventText.Header + "\n");

    private static Task ShowAsync(CommandContext context, Event @event) => context.Terminal.Output.WriteAsync(
        (context.Format == OutputFormat.Json
            ? JsonSerializer.Serialize(@event.ToDocument(), DocumentJson.Lines.EventDocument)
            : EventText.Line(@event)) + "\n");
}
