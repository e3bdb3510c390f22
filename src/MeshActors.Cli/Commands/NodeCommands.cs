using System.CommandLine;
using MeshActors.Cli.Failures;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

internal static class NodeCommands
{
    public static Command Make(Verb verb) => Verb.Group(
        "node", "The machines of an organization", List(verb), Show(verb), Remove(verb), Replace(verb));

    private static Command List(Verb verb)
    {
        var all = new Option<bool>("--all") { Description = "Removed nodes too" };
        return verb.Make("list", "All nodes", async (context, cancellationToken) =>
        {
            var request = new ListNodesRequest { Organization = context.Organization, IncludeRemoved = context.Parsed.GetValue(all) };
            var reply = await context.Client.ListNodesAsync(request, context.Session.Call(cancellationToken));
            await context.ShowAsync(
                NodeText.List(reply.Nodes, context.Now),
                new NodesDocument(context.Organization, reply.Revision, [.. reply.Nodes.Select(node => node.ToDocument(whole: false))]),
                DocumentJson.Indented.NodesDocument);
        }, all);
    }

    private static Command Show(Verb verb)
    {
        var name = Arguments.Node();
        return verb.Make("show", "One node: warnings, sessions, keys", async (context, cancellationToken) =>
        {
            var node = await GetAsync(context, context.Parsed.GetRequiredValue(name), cancellationToken);
            await context.ShowAsync(NodeText.Show(node, context.Now), node.ToDocument(whole: true), DocumentJson.Indented.NodeDocument);
        }, name);
    }

    private static Command Remove(Verb verb)
    {
        var name = Arguments.Node();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        return verb.Make("remove", "Take a node out of the mesh; what it holds stays reserved for it", async (context, cancellationToken) =>
        {
            var node = await GetAsync(context, context.Parsed.GetRequiredValue(name), cancellationToken);
            if (!context.Parsed.GetValue(yes))
            {
                await ConfirmAsync(context, node, cancellationToken);
            }

            // By its id: the name may have moved to another node since.
            var request = new RemoveNodeRequest { Organization = context.Organization, Node = node.Id };
            var removed = await context.Client.RemoveNodeAsync(request, context.Session.Call(cancellationToken));
            await context.ShowAsync(
                $"Removed {Plain.OneLine(removed.Name)} ({removed.Id}) from {context.Organization}.\n",
                removed.ToDocument(whole: false),
                DocumentJson.Indented.NodeDocument);
            await context.NoteAsync($"Its addresses and prefixes stay reserved for it: `meshctl --org {context.Organization} node replace {removed.Id}` brings it back.");
        }, name, yes);
    }

    private static Command Replace(Verb verb)
    {
        var name = Arguments.Node();
        var expires = Arguments.Expires("How long the key may be used (default 1h)");
        return verb.Make("replace", "Make the line with which another machine takes a node's place", async (context, cancellationToken) =>
        {
            var request = new ReplaceNodeRequest
            {
                Organization = context.Organization,
                Node = context.Parsed.GetRequiredValue(name),
                ExpiresInSeconds = (long)(context.Parsed.GetValue(expires) ?? TimeSpan.Zero).TotalSeconds,
            };
            var key = await context.Client.ReplaceNodeAsync(request, context.Session.Call(cancellationToken));
            var url = await JoinUrl.OfAsync(context, key.Secret, cancellationToken);
            await context.NoteAsync($"On the new machine; once, {JoinUrl.Until(key, context.Now)}. It gets the node's addresses and prefixes, and the old machine is locked out:");
            await context.ShowAsync($"sudo meshd '{url}'\n", key.ToDocument(url), DocumentJson.Indented.JoinKeyDocument);
        }, name, expires);
    }

    private static async Task<Node> GetAsync(CommandContext context, string name, CancellationToken cancellationToken) =>
        await context.Client.GetNodeAsync(
            new GetNodeRequest { Organization = context.Organization, Node = name }, context.Session.Call(cancellationToken));

    private static async Task ConfirmAsync(CommandContext context, Node node, CancellationToken cancellationToken)
    {
        if (!context.Terminal.IsInteractive)
        {
            throw FailureException.BadUsage("confirmation-needed", $"Say --yes to remove {node.Name} ({node.Id}) without being asked.");
        }

        var holds = string.Join(", ", node.Addresses.Concat(node.Announced));
        await context.Terminal.Error.WriteAsync(
            $"Remove {Plain.OneLine(node.Name)} ({holds}) from {context.Organization}? Nobody reaches it from then on. [y/N] ");
        var answer = await context.Terminal.Input.ReadLineAsync(cancellationToken);
        if (answer?.Trim() is not ("y" or "Y" or "yes"))
        {
            throw new FailureException(new Failure(ExitStatus.Failed, "cancelled", "Nothing was removed."));
        }
    }
}
