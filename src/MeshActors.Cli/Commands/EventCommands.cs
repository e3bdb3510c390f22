using System.CommandLine;
using System.Text.Json;
using MeshActors.Cli.Events;
using MeshActors.Cli.Failures;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;
using MeshActors.Domain;

namespace MeshActors.Cli.Commands;

internal static class EventCommands
{
    public static Command Make(Verb verb) => Verb.Group(
        "events",
        "Who changed what: the organization's journal, now and at any moment",
        [List(verb), Tail(verb), Show(verb), .. JournalCommands.Make(verb), .. HistoryCommands.Make(verb)]);

    private static Command List(Verb verb)
    {
        var from = EventArguments.At("--from", $"The first one: {Moment.Form} (default: the first there is)");
        var to = EventArguments.At("--to", "The last one (default: the newest)");
        var limit = Arguments.Positive("--limit", "N", "At most N: with --from the first ones, else the newest");
        var file = EventArguments.File();
        var filter = new FilterOptions();
        return verb.Make("list", "Events until now", async (context, cancellationToken) =>
        {
            await using var source = await context.OpenAsync(context.Parsed.GetValue(file), cancellationToken);
            var (begin, end) = (context.Parsed.GetValue(from), context.Parsed.GetValue(to));
            var wanted = await filter.ReadAsync(context, source, begin?.Time, end?.Time, cancellationToken);
            await HeadAsync(context);
            var (first, last) = (begin?.RevisionOr(1) ?? 1, end?.RevisionOr(0) ?? 0);
            var most = context.Parsed.GetValue(limit);
            var isNewest = most is not null && begin is null;
            // All of a journal streams faster than it pages.
            var search = source is ServerRows server && (most is not null || !wanted.TakesAll)
                ? await EventSearch.BeginAsync(context.Session, wanted, first, last == 0 ? server.Newest : last, isNewest, most, cancellationToken)
                : null;
            if (!isNewest)
            {
                await ForwardAsync(context, search?.ReadAsync(most, cancellationToken) ?? EventListing.ForwardAsync(source, first, last, wanted, most, cancellationToken), most);
                return;
            }

            foreach (var @event in search is not null
                ? (await ListAsync(search.ReadAsync(most, cancellationToken))).AsEnumerable().Reverse()
                : await EventListing.NewestAsync(source, first, last, wanted, most!.Value, cancellationToken))
            {
                await ShowAsync(context, @event);
            }
        }, [from, to, limit, file, .. filter.All]);
    }

    private static async Task<List<Event>> ListAsync(IAsyncEnumerable<Event> events)
    {
        var list = new List<Event>();
        await foreach (var @event in events)
        {
            list.Add(@event);
        }

        return list;
    }

    private static async Task ForwardAsync(CommandContext context, IAsyncEnumerable<Event> events, long? limit)
    {
        var (count, next) = (0L, 0L);
        await foreach (var @event in events)
        {
            await ShowAsync(context, @event);
            (count, next) = (count + 1, @event.Revision + 1);
        }

        if (count == limit)
        {
            await context.NoteAsync($"The next page: --from {next} --limit {limit}");
        }
    }

    private static Command Tail(Verb verb)
    {
        var from = Arguments.Positive("--from", "REVISION", "The first revision (default: the next one to come)");
        return verb.Make("tail", "Events as they come, until it is stopped", async (context, cancellationToken) =>
        {
            // Asked even when it is not needed: a wrong token or server ends the command here, before the waiting begins.
            await using var server = await ServerRows.OpenAsync(context.Session, context.Organization, cancellationToken);
            await HeadAsync(context);
            await new EventTail(context).RunAsync(context.Parsed.GetValue(from) ?? server.Newest + 1, @event => ShowAsync(context, @event), cancellationToken);
        }, from);
    }

    private static Command Show(Verb verb)
    {
        var revision = new Argument<long>("REVISION") { Description = "Which event" };
        var file = EventArguments.File();
        return verb.Make("show", "One event with all that is stored of it", async (context, cancellationToken) =>
        {
            var wanted = context.Parsed.GetValue(revision);
            await using var source = await context.OpenAsync(context.Parsed.GetValue(file), cancellationToken);
            await foreach (var page in source.ReadAsync(wanted, wanted, cancellationToken))
            {
                await ShowAsync(context, page[0]);
                return;
            }

            throw new FailureException(new Failure(ExitStatus.Failed, "revision-unknown", $"{source.Name} has no revision {wanted}."));
        }, revision, file);
    }

    private static async Task ShowAsync(CommandContext context, JournalRow row)
    {
        var chain = Chain.Before(row);
        var previous = Convert.ToHexStringLower(chain.LastHash);
        Verification.Check(chain.TryAdd(row, out var read));
        var @event = Contracts.Mapping.EventMessages.Of(row.Revision, row.Manifest, read!);
        await context.ShowAsync(
            EventText.Show(@event, row, previous),
            new StoredEventDocument(@event.ToDocument(), Convert.ToHexStringLower(row.Hash()), previous, Convert.ToBase64String(row.Bytes.Span)),
            DocumentJson.Indented.StoredEventDocument);
    }

    private static Task HeadAsync(CommandContext context) =>
        context.Format == OutputFormat.Json ? Task.CompletedTask : context.Terminal.Output.WriteAsync(EventText.Header + "\n");

    private static Task ShowAsync(CommandContext context, Event @event) => context.Terminal.Output.WriteAsync(
        (context.Format == OutputFormat.Json
            ? JsonSerializer.Serialize(@event.ToDocument(), DocumentJson.Lines.EventDocument)
            : EventText.Line(@event)) + "\n");

    /// <summary>The options that choose events.</summary>
    private sealed class FilterOptions
    {
        private readonly Option<string[]> _types = new("--type")
        {
            Description = "Only these, as node-joined or org.node-joined.v1; repeatable, or by comma",
            HelpName = "TYPE",
        };

        private readonly Option<string?> _node = new("--node") { Description = "Only about this node: id, name or address", HelpName = "NODE" };
        private readonly Option<Domain.Ipam.Prefix?> _prefix = EventArguments.Network("--prefix", "CIDR", "Only those that name a part of this network, or one around it");
        private readonly Option<Domain.Ipam.Prefix?> _address = EventArguments.Network("--address", "ADDRESS", "Only those that name this address, or a network around it");
        private readonly Option<string?> _principal = new("--principal") { Description = "Only by this token, key or node: its id, name or kind", HelpName = "WHO" };

        public IEnumerable<Symbol> All => [_types, _node, _prefix, _address, _principal];

        public async Task<EventFilter> ReadAsync(
            CommandContext context, IRowSource source, DateTimeOffset? since, DateTimeOffset? until, CancellationToken cancellationToken)
        {
            var parsed = context.Parsed;
            NodeId? node = parsed.GetValue(_node) is { } text ? await FindAsync(context, source, text, cancellationToken) : null;
            return new EventFilter(
                [.. (parsed.GetValue(_types) ?? []).SelectMany(type => type.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
                node, parsed.GetValue(_prefix) ?? parsed.GetValue(_address), parsed.GetValue(_principal), since, until);
        }

        private static async Task<NodeId> FindAsync(CommandContext context, IRowSource source, string text, CancellationToken cancellationToken)
        {
            if (NodeId.TryParse(text, out var id))
            {
                return id;
            }

            if (source is not ServerRows)
            {
                throw FailureException.BadUsage("node-malformed", $"With --file, --node takes the node's id and not '{text}'; `meshctl events replay` shows them.");
            }

            var node = await context.Client.GetNodeAsync(new GetNodeRequest { Organization = context.Organization, Node = text }, context.Session.Call(cancellationToken));
            return NodeId.TryParse(node.Id, out id) ? id : throw new FormatException(node.Id);
        }
    }
}
