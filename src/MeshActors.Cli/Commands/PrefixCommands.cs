using System.CommandLine;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

internal static class PrefixCommands
{
    public static Command Make(Verb verb) => Verb.Group("prefix", "Who holds which addresses and networks", List(verb));

    private static Command List(Verb verb) => verb.Make("list", "Pools, addresses and child prefixes", async (context, cancellationToken) =>
    {
        var request = new ListPrefixesRequest { Organization = context.Organization };
        var reply = await context.Client.ListPrefixesAsync(request, context.Session.Call(cancellationToken));
        await context.ShowAsync(
            ListText.Prefixes(reply.Prefixes),
            new PrefixesDocument(context.Organization, [.. reply.Prefixes.Select(DocumentMapping.ToDocument)]),
            DocumentJson.Indented.PrefixesDocument);
    });
}
