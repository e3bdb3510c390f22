using System.CommandLine;
using MeshActors.Cli.Events;
using MeshActors.Cli.Failures;
using MeshActors.Cli.Output;
using MeshActors.Contracts.History;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cli.Commands;

/// <summary>The organization at other moments than now. Rebuilt here, from rows: the live one notices nothing.</summary>
internal static class HistoryCommands
{
    public static IEnumerable<Command> Make(Verb verb) => [ReplayAt(verb), Diff(verb), Explain(verb)];

    private static Command ReplayAt(Verb verb)
    {
        var at = EventArguments.At("--at", $"The moment: {Moment.Form} (default: the newest revision)");
        var node = new Option<string?>("--node") { Description = "Only what this node was told: id, name or address", HelpName = "NODE" };
        var file = EventArguments.File();
        return verb.Make("replay", "The organization as it was: nodes, addresses, prefixes, endpoints", async (context, cancellationToken) =>
        {
            await using var source = await context.OpenAsync(context.Parsed.GetValue(file), cancellationToken);
            await using var progress = new Progress(context.Terminal, "replayed", source.ReadShare);
            string? time = null;
            var replay = await Verification.ReplayAsync(
                source, context.Parsed.GetValue(at), progress, step => time = step.Row.UnixMs() is var ms ? Moments.Iso(DateTimeOffset.FromUnixTimeMilliseconds(ms)) : null, cancellationToken);
            await progress.DisposeAsync();
            if (context.Parsed.GetValue(node) is { } text)
            {
                var map = MapOf(replay, time, text);
                await context.ShowAsync(PastText.Map(map), map, DocumentJson.Indented.PastMapDocument);
                return;
            }

            var past = PastText.ToDocument(replay, time);
            await context.ShowAsync(PastText.Organization(past), past, DocumentJson.Indented.ReplayDocument);
        }, at, node, file);
    }

    private static Command Diff(Verb verb)
    {
        var from = EventArguments.At("FROM");
        var to = EventArguments.At("TO");
        var file = EventArguments.File();
        return verb.Make("diff", "What is different between two moments", async (context, cancellationToken) =>
        {
            var (first, last) = (context.Parsed.GetValue(from)!.Value, context.Parsed.GetValue(to)!.Value);
            await using var source = await context.OpenAsync(context.Parsed.GetValue(file), cancellationToken);
            await using var progress = new Progress(context.Terminal, "replayed", source.ReadShare);
            (OrganizationState State, long Revision) before = (OrganizationState.Initial, 0);
            var replay = await Verification.ReplayAsync(source, last, progress, step =>
            {
                if (!first.IsBefore(step.Row.Revision, step.Read.Meta.Time) && before.Revision == step.Row.Revision - 1)
                {
                    before = (step.After, step.Row.Revision);
                }
            }, cancellationToken);
            await progress.DisposeAsync();
            var diff = new DiffDocument(source.Organization, before.Revision, replay.Revision, [.. Differences.Between(before.State, replay.State)]);
            await context.ShowAsync(PastText.Changes(diff), diff, DocumentJson.Indented.DiffDocument);
        }, from, to, file);
    }

    private static Command Explain(Verb verb)
    {
        var about = new Argument<string>("PREFIX|ADDRESS|NODE") { Description = "A network, an address, or a node's id or name" };
        var at = EventArguments.At("--at", $"Up to this moment: {Moment.Form} (default: now)");
        var file = EventArguments.File();
        return verb.Make("explain", "Its life: who did what to it, when, and by which request", async (context, cancellationToken) =>
        {
            var text = context.Parsed.GetRequiredValue(about);
            await using var source = await context.OpenAsync(context.Parsed.GetValue(file), cancellationToken);
            await using var progress = new Progress(context.Terminal, "read", source.ReadShare);
            var story = Story.About(text);
            await Verification.ReplayAsync(source, context.Parsed.GetValue(at), progress, story.Add, cancellationToken);
            await progress.DisposeAsync();
            if (story.Chapters.Count == 0)
            {
                throw new FailureException(new Failure(ExitStatus.Failed, "nothing-known", $"{source.Name} never knew {text}."));
            }

            var document = new StoryDocument(source.Organization, text, story.Chapters);
            await context.ShowAsync(PastText.Chapters(document), document, DocumentJson.Indented.StoryDocument);
        }, about, at, file);
    }

    private static PastMapDocument MapOf(Replay replay, string? time, string text)
    {
        if (NodeLookup.Find(replay.State, text, out var node) is { } unknown)
        {
            throw new FailureException(new Failure(ExitStatus.Failed, unknown.Code, unknown.Message));
        }

        return new PastMapDocument(
            replay.State.Id.Value, replay.Revision, time, node.ToDocument(),
            node.IsRemoved ? [] : [.. replay.State.Nodes.Values.Where(peer => !peer.IsRemoved && peer.Id != node.Id).Select(PastText.ToDocument)]);
    }
}
