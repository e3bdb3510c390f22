using System.CommandLine;
using System.Globalization;
using MeshActors.Cli.Events;
using MeshActors.Cli.Failures;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

/// <summary>The journal as a whole: out, in, and proven.</summary>
internal static class JournalCommands
{
    public static IEnumerable<Command> Make(Verb verb) => [Export(verb), Import(verb), Verify(verb)];

    private static Command Export(Verb verb)
    {
        var target = new Argument<string>("FILE") { Description = "Where to; - (the default) is the standard output; with --all a directory", DefaultValueFactory = _ => FileRows.StandardInput };
        var from = EventArguments.At("--from", $"The first one: {Moment.Form} (default: the first there is)");
        var to = EventArguments.At("--to", "The last one (default: the newest)");
        var force = new Option<bool>("--force") { Description = "Take the place of a file that is there" };
        var file = EventArguments.File();
        var all = new Option<bool>("--all") { Description = "Every organization that the token may see, each as FILE/NAME.jsonl, in place of what is there" };
        all.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<bool>() && (result.GetResult(from) is not null || result.GetResult(to) is not null || result.GetResult(file) is not null
                || result.GetResult(target) is not { Tokens: [var given] } || given.Value == FileRows.StandardInput))
            {
                result.AddError("--all takes a directory, and goes with neither --from nor --to nor --file.");
            }
        });
        return verb.Make("export", "Write the journal as it is stored, to be verified, replayed and imported anywhere", async (context, cancellationToken) =>
        {
            var path = context.Parsed.GetRequiredValue(target);
            if (context.Parsed.GetValue(all))
            {
                await ExportAllAsync(context, path, cancellationToken);
                return;
            }

            await using var source = await context.OpenAsync(context.Parsed.GetValue(file), cancellationToken);
            await using var progress = new Progress(context.Terminal, "exported", source.ReadShare);
            var done = await Exporting.RunAsync(
                source, path, context.Parsed.GetValue(force), context.Parsed.GetValue(from), context.Parsed.GetValue(to), progress, cancellationToken);
            await progress.DisposeAsync();
            var sentence = string.Create(CultureInfo.InvariantCulture,
                $"Exported {done.Events:N0} events of {done.Organization}, revisions {done.From} to {done.To}, in {done.Seconds:0.0} s ({progress.PerSecond:N0} a second). The last one's hash, to be noted elsewhere: {done.Hash}");
            await (path == FileRows.StandardInput
                ? context.NoteAsync(sentence)
                : context.ShowAsync(sentence + "\n", done, DocumentJson.Indented.ExportDocument));
        }, target, from, to, force, file, all);
    }

    private static async Task ExportAllAsync(CommandContext context, string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var organizations = await context.Client.ListOrganizationsAsync(new ListOrganizationsRequest(), context.Session.Call(cancellationToken));
        var exports = new List<ExportDocument>();
        foreach (var organization in organizations.Organizations)
        {
            await using var source = await ServerRows.OpenAsync(context.Session, organization.Name, cancellationToken);
            await using var progress = new Progress(context.Terminal, $"exported of {organization.Name}", source.ReadShare);
            exports.Add(await Exporting.RunAsync(
                source, Path.Combine(directory, $"{organization.Name}.jsonl"), force: true, null, null, progress, cancellationToken));
        }

        var lines = exports.Select(done => string.Create(CultureInfo.InvariantCulture, $"{done.File}: {done.Events:N0} events, last hash {done.Hash}\n"));
        await context.ShowAsync(string.Concat(lines), new ExportsDocument(exports), DocumentJson.Indented.ExportsDocument);
    }

    private static Command Import(Verb verb)
    {
        var source = new Argument<string>("FILE") { Description = "An export; - is the standard input" };
        return verb.Make("import", "Bring in an organization's journal, unchanged, where there is no organization of its name", async (context, cancellationToken) =>
        {
            var path = context.Parsed.GetRequiredValue(source);
            var done = await new Importing(context).RunAsync(path, cancellationToken);
            await context.ShowAsync(
                string.Create(CultureInfo.InvariantCulture, $"{done.Organization} is whole with revision {done.Revision}: {done.Added:N0} events added, {done.Held:N0} were there, in {done.Seconds:0.0} s ({done.Added / Math.Max(done.Seconds, 0.001):N0} a second).\n"),
                done,
                DocumentJson.Indented.ImportDocument);
        }, source);
    }

    private static Command Verify(Verb verb)
    {
        var file = new Argument<string?>("FILE") { Description = "An export, without any controller; - is the standard input; none: the live journal", Arity = ArgumentArity.ZeroOrOne };
        var head = new Option<string?>("--head") { Description = "The hash that the last event must have, as an earlier export said it", HelpName = "HASH" };
        return verb.Make("verify", "Prove it: no gap, an unbroken chain, nothing that two ever held, nothing reassigned", async (context, cancellationToken) =>
        {
            await using var source = await context.OpenAsync(context.Parsed.GetValue(file), cancellationToken);
            await using var progress = new Progress(context.Terminal, "verified", source.ReadShare);
            var done = source.First == 1
                ? await WholeAsync(context, source, progress, cancellationToken)
                : await PartAsync(source, progress, cancellationToken);
            await progress.DisposeAsync();
            CheckHead(context.Parsed.GetValue(head), done);
            await context.ShowAsync(Text(done, progress), done, DocumentJson.Indented.VerifiedDocument);
        }, file, head);
    }

    private static async Task<VerifiedDocument> WholeAsync(CommandContext context, IRowSource source, Progress progress, CancellationToken cancellationToken)
    {
        var projection = source is ServerRows ? await ProjectionCheck.BeginAsync(context.Session, cancellationToken) : null;
        // It may have gone further since the journal was opened.
        Moment? to = source is ServerRows server && projection?.Revision > server.Newest ? new Moment(projection.Revision, null) : null;
        var replay = await Verification.ReplayAsync(source, to, progress, projection is null ? null : projection.Add, cancellationToken);
        if (replay.State.Id.Value != source.Organization)
        {
            throw new FailureException(new Failure(ExitStatus.Failed, "organization-mismatch",
                $"{source.Name} says that it is of organization '{source.Organization}', and its first event is of '{replay.State.Id}'."));
        }

        if (projection is not null)
        {
            await projection.CompareAsync();
        }

        return new VerifiedDocument(
            source.Organization, 1, replay.Revision, replay.Revision, Convert.ToHexStringLower(replay.LastHash), IsWhole: true,
            replay.State.Nodes.Count, replay.State.Nodes.Values.Sum(node => node.Allocated.Count),
            Verification.StateHash(replay.State, replay.Revision, replay.LastHash), progress.Elapsed.TotalSeconds, projection?.Revision);
    }

    private static async Task<VerifiedDocument> PartAsync(IRowSource source, Progress progress, CancellationToken cancellationToken)
    {
        var chain = await Verification.ChainAsync(source, progress, cancellationToken);
        return new VerifiedDocument(
            source.Organization, source.First, chain.Revision, chain.Revision - source.First + 1, Convert.ToHexStringLower(chain.LastHash),
            IsWhole: false, null, null, null, progress.Elapsed.TotalSeconds);
    }

    private static void CheckHead(string? head, VerifiedDocument done)
    {
        if (head is not null && !string.Equals(head, done.Hash, StringComparison.OrdinalIgnoreCase))
        {
            throw new FailureException(new Failure(ExitStatus.Failed, "head-differs",
                $"Revision {done.To}, the last one, has the hash {done.Hash}, and not {head}: this is another history, or more or less of it."));
        }
    }

    private static string ProjectionText(VerifiedDocument done) => done.Projection switch
    {
        null => "",
        var revision when revision == done.To => "\nLists and searches say the same.",
        var revision => string.Create(CultureInfo.InvariantCulture, $"\nLists and searches say the same up to revision {revision}, and read the journal beyond."),
    };

    private static string Text(VerifiedDocument done, Progress progress) => string.Create(CultureInfo.InvariantCulture, $"""
        {done.Organization}: {done.Events:N0} events, revisions {done.From} to {done.To}, verified in {done.Seconds:0.0} s ({progress.PerSecond:N0} a second).
        {(done.IsWhole
            ? $"No gap, an unbroken chain, and at no revision an address or prefix with two holders: {done.Nodes:N0} nodes, {done.Prefixes:N0} child prefixes.{ProjectionText(done)}\nState:     {done.StateHash}"
            : "A part: no gap and an unbroken chain within it. Who held what is proven by an export from revision 1 alone.")}
        Last hash: {done.Hash}

        """);
}
