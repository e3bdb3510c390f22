using System.CommandLine;
using System.Globalization;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

/// <summary>Who has it, in whatever organization.</summary>
internal static class FindCommand
{
    public static Command Make(Verb verb)
    {
        var what = new Argument<string>("WHAT") { Description = "An address, a network (all that overlaps it), or a node's id, name or public key" };
        return verb.Make("find", "Who holds it, in every organization that the token opens; with --org in that one", async (context, cancellationToken) =>
        {
            var request = new FindRequest { What = context.Parsed.GetRequiredValue(what), Organization = context.GivenOrganization ?? "" };
            var reply = await context.Client.FindAsync(request, context.Session.Call(cancellationToken));
            await context.ShowAsync(
                ListText.Found(reply.Found),
                new FoundsDocument([.. reply.Found.Select(DocumentMapping.ToDocument)], reply.More, reply.OrganizationsBehind),
                DocumentJson.Indented.FoundsDocument);
            if (reply.More)
            {
                await context.NoteAsync(string.Create(CultureInfo.InvariantCulture, $"There are more than these {reply.Found.Count}: give a longer prefix, or --org."));
            }

            if (reply.OrganizationsBehind > 0)
            {
                await context.NoteAsync(string.Create(CultureInfo.InvariantCulture,
                    $"The newest changes of {reply.OrganizationsBehind} organizations are not in it yet; `mesh-controller projections status` says which."));
            }
        }, what);
    }
}
