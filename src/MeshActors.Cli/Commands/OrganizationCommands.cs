using System.CommandLine;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

internal static class OrganizationCommands
{
    public static Command Make(Verb verb) => Verb.Group(
        "org", "Organizations: each has its own addresses, nodes and keys", Create(verb), List(verb), Show(verb), Move(verb));

    private static Command Create(Verb verb)
    {
        var name = new Argument<string>("NAME") { Description = "1 to 40 of a-z, 0-9 and '-'; never used again" };
        var poolV4 = new Option<string>("--pool-v4") { Description = "Where nodes get their IPv4 addresses from; fixed for ever (default 100.64.0.0/10)", HelpName = "CIDR" };
        var poolV6 = new Option<string>("--pool-v6") { Description = "The same for IPv6 (default: a random /48 of RFC 4193)", HelpName = "CIDR" };
        return verb.Make("create", "Make an organization", async (context, cancellationToken) =>
        {
            var request = new CreateOrganizationRequest
            {
                Name = context.Parsed.GetRequiredValue(name),
                PoolV4 = context.Parsed.GetValue(poolV4) ?? "",
                PoolV6 = context.Parsed.GetValue(poolV6) ?? "",
            };
            var made = await context.Client.CreateOrganizationAsync(request, context.Session.Call(cancellationToken));
            await context.ShowAsync(ListText.Organization(made), made.ToDocument(), DocumentJson.Indented.OrganizationDocument);
            await context.NoteAsync($"Next: `meshctl --org {made.Name} join-key create` makes the URL with which machines join;");
            await context.NoteAsync($"      `meshctl --org {made.Name} token create NAME` makes a token for those who run this organization alone.");
        }, name, poolV4, poolV6);
    }

    private static Command List(Verb verb) => verb.Make("list", "All organizations that the token may see", async (context, cancellationToken) =>
    {
        var reply = await context.Client.ListOrganizationsAsync(new ListOrganizationsRequest(), context.Session.Call(cancellationToken));
        await context.ShowAsync(
            ListText.Organizations(reply.Organizations),
            new OrganizationsDocument([.. reply.Organizations.Select(DocumentMapping.ToDocument)]),
            DocumentJson.Indented.OrganizationsDocument);
    });

    private static Command Show(Verb verb)
    {
        var name = new Argument<string?>("NAME") { Description = "Default: that of --org", Arity = ArgumentArity.ZeroOrOne };
        return verb.Make("show", "One organization", async (context, cancellationToken) =>
        {
            var request = new GetOrganizationRequest { Organization = context.Parsed.GetValue(name) ?? context.Organization };
            var organization = await context.Client.GetOrganizationAsync(request, context.Session.Call(cancellationToken));
            await context.ShowAsync(
                ListText.Organization(organization), organization.ToDocument(), DocumentJson.Indented.OrganizationDocument);
        }, name);
    }

    private static Command Move(Verb verb)
    {
        var name = new Argument<string>("NAME") { Description = "With its region, as NAME@REGION" };
        var to = new Option<string>("--to") { Description = "Where it is at home from then on", HelpName = "REGION", Required = true };
        return verb.Make("move", "Give an organization a home in another region; again, if it was interrupted", async (context, cancellationToken) =>
        {
            var request = new MoveOrganizationRequest
            {
                Organization = context.Parsed.GetRequiredValue(name),
                Region = context.Parsed.GetRequiredValue(to),
            };
            using var call = context.Client.MoveOrganization(request, context.Session.Stream(cancellationToken));
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                await context.NoteAsync($"{call.ResponseStream.Current.Revision} events have arrived.");
            }

            var moved = await context.Client.GetOrganizationAsync(
                new GetOrganizationRequest { Organization = request.Organization }, context.Session.Call(cancellationToken));
            await context.ShowAsync(ListText.Organization(moved), moved.ToDocument(), DocumentJson.Indented.OrganizationDocument);
        }, name, to);
    }
}
