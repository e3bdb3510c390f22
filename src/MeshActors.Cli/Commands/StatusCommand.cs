using System.CommandLine;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

internal static class StatusCommand
{
    public static Command Make(Verb verb) => verb.Make("status", "The controller itself", async (context, cancellationToken) =>
    {
        var status = await context.Client.GetStatusAsync(new GetStatusRequest(), context.Session.Call(cancellationToken));
        var server = context.Session.Settings.Server;
        await context.ShowAsync(
            ListText.Status(status, server, context.Now), status.ToDocument(server), DocumentJson.Indented.StatusDocument);
    });
}
