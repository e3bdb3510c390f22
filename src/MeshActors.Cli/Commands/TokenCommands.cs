using System.CommandLine;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

internal static class TokenCommands
{
    public static Command Make(Verb verb) => Verb.Group(
        "token", "The tokens with which people and programs call a controller", Create(verb), List(verb), Revoke(verb));

    private static Command Create(Verb verb)
    {
        var name = new Argument<string>("NAME") { Description = "Who holds it: events name it" };
        var controller = OfController();
        return verb.Make("create", "Make a token and print it, once: only a hash is kept", async (context, cancellationToken) =>
        {
            var request = new CreateTokenRequest { Organization = Scope(context, controller), Name = context.Parsed.GetRequiredValue(name) };
            var token = await context.Client.CreateTokenAsync(request, context.Session.Call(cancellationToken));
            await context.NoteAsync($"Token {token.Id} ({token.Name}) for {Where(token)}. It is shown this once; keep it in a file of mode 0600, for --token-file:");
            await context.ShowAsync(token.Secret + "\n", token.ToDocument(), DocumentJson.Indented.TokenDocument);
        }, name, controller);
    }

    private static Command List(Verb verb)
    {
        var controller = OfController();
        return verb.Make("list", "All tokens, without their secrets", async (context, cancellationToken) =>
        {
            var request = new ListTokensRequest { Organization = Scope(context, controller) };
            var reply = await context.Client.ListTokensAsync(request, context.Session.Call(cancellationToken));
            await context.ShowAsync(
                ListText.Tokens(reply.Tokens),
                new TokensDocument([.. reply.Tokens.Select(DocumentMapping.ToDocument)]),
                DocumentJson.Indented.TokensDocument);
        }, controller);
    }

    private static Command Revoke(Verb verb)
    {
        var id = Arguments.Id("As `token list` shows it");
        var controller = OfController();
        return verb.Make("revoke", "The token opens nothing any more", async (context, cancellationToken) =>
        {
            var request = new RevokeTokenRequest { Organization = Scope(context, controller), Id = context.Parsed.GetRequiredValue(id) };
            var token = await context.Client.RevokeTokenAsync(request, context.Session.Call(cancellationToken));
            await context.ShowAsync($"Revoked token {token.Id} of {Where(token)}.\n", token.ToDocument(), DocumentJson.Indented.TokenDocument);
        }, id, controller);
    }

    private static Option<bool> OfController() =>
        new("--controller") { Description = "Of the controller itself, which may do everything, not of one organization" };

    private static string Scope(CommandContext context, Option<bool> controller) =>
        context.Parsed.GetValue(controller) ? "" : context.Organization;

    private static string Where(Token token) => token.Organization.Length > 0 ? $"organization {token.Organization}" : "the controller";
}
