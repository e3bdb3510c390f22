using System.CommandLine;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

internal static class JoinKeyCommands
{
    public static Command Make(Verb verb) => Verb.Group(
        "join-key", "The keys with which machines join", Create(verb), List(verb), Revoke(verb));

    private static Command Create(Verb verb)
    {
        var singleUse = new Option<bool>("--single-use") { Description = "The first machine that joins uses it up" };
        var expires = Arguments.Expires("How long it may be used (default: until it is revoked)");
        var description = new Option<string>("--description") { Description = "What it is for", HelpName = "TEXT" };
        return verb.Make("create", "Make a key and print its join URL, once: only a hash is kept", async (context, cancellationToken) =>
        {
            var request = new CreateJoinKeyRequest
            {
                Organization = context.Organization,
                SingleUse = context.Parsed.GetValue(singleUse),
                ExpiresInSeconds = (long)(context.Parsed.GetValue(expires) ?? TimeSpan.Zero).TotalSeconds,
                Description = context.Parsed.GetValue(description) ?? "",
            };
            var key = await context.Client.CreateJoinKeyAsync(request, context.Session.Call(cancellationToken));
            var url = await JoinUrl.OfAsync(context, key.Secret, cancellationToken);
            await context.NoteAsync($"Join key {key.Id} of {key.Organization}: {(key.SingleUse ? "for one machine" : "for any number of machines")}, {JoinUrl.Until(key, context.Now)}.");
            await context.NoteAsync("It is shown this once. On a machine: sudo meshd 'URL', with this URL:");
            await context.ShowAsync(url + "\n", key.ToDocument(url), DocumentJson.Indented.JoinKeyDocument);
        }, singleUse, expires, description);
    }

    private static Command List(Verb verb) => verb.Make("list", "All keys, without their secrets", async (context, cancellationToken) =>
    {
        var request = new ListJoinKeysRequest { Organization = context.Organization };
        var reply = await context.Client.ListJoinKeysAsync(request, context.Session.Call(cancellationToken));
        await context.ShowAsync(
            ListText.JoinKeys(reply.Keys, context.Now),
            new JoinKeysDocument(context.Organization, [.. reply.Keys.Select(key => key.ToDocument())]),
            DocumentJson.Indented.JoinKeysDocument);
    });

    private static Command Revoke(Verb verb)
    {
        var id = Arguments.Id("As `join-key list` shows it");
        return verb.Make("revoke", "No machine joins with this key any more; those that did stay", async (context, cancellationToken) =>
        {
            var request = new RevokeJoinKeyRequest { Organization = context.Organization, Id = context.Parsed.GetRequiredValue(id) };
            var key = await context.Client.RevokeJoinKeyAsync(request, context.Session.Call(cancellationToken));
            await context.ShowAsync($"Revoked join key {key.Id} of {context.Organization}.\n", key.ToDocument(), DocumentJson.Indented.JoinKeyDocument);
        }, id);
    }
}
